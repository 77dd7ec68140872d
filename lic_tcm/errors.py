"""The one exception a user is meant to read."""


class UserError(Exception):
    """Bad input that the user can fix.

    The message is one sentence naming the thing (file, key, value) and the remedy.
    The command line prints it without a traceback and exits with code 2.
    """
