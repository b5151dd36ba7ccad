"""From a folder of submissions to grades: what is new is judged by many workers, and written down by one writer.

Reading order: keys (what a result depends on), results (what is kept), work (one job in a worker), local and cluster
(who works), grade (the whole), summary (what the class understood).
"""
