from keqing.followups.models.base import FollowsCustomer, customers_reached, ids_reached, of_present_customers
from keqing.followups.models.contacts import (
    Comment,
    ContactRecord,
    Correction,
    DayTally,
    MonthTally,
    MonthTotal,
    Participant,
    Tally,
)
from keqing.followups.models.work import CalendarFeed, Commitment, PromiseRound, Reminder

__all__ = [
    "CalendarFeed", "Comment", "Commitment", "ContactRecord", "Correction", "DayTally", "FollowsCustomer", "MonthTally", "MonthTotal",
    "Participant", "PromiseRound", "Reminder", "Tally", "customers_reached", "ids_reached", "of_present_customers",
]  # fmt: skip
