"""From a folder of submissions to grades: what is new is judged by many workers, and written down by one writer.

Reading order: keys (what a result depends on, and what is signed with what), results (what is kept), versions (of the
release), work (one job in a worker), local (who works here), grade (the whole), summary (what the class understood). For
workers elsewhere: cluster (who is trusted with what), parcel (jobs and answers as signed bytes), courier and dask_client
(the process that talks to Dask, from outside and from inside), sample (what is judged again), certificate (TLS).
"""
