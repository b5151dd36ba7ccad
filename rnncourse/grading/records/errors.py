"""What can go wrong between a verdict and the gradebook; each message is one or two sentences that say what to do."""


class RecordsError(Exception):
    """The records could not be opened, or something could not be entered into them."""


class RecordsBusy(RecordsError):
    """Somebody else is writing: another run, or a program that holds the database. Running again later completes."""
