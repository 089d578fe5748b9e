"""The one exception that a user is meant to read."""


class UserError(ValueError):
    """A mistake that the user can mend.

    The message is one line: what was found, and how to mend it. The command line prints it
    without a traceback and exits with 2.
    """
