"""Finished numbers: from rows and curves to the tables a report is drawn from."""
