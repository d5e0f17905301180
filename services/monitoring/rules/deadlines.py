"""Deadlines the law counts in days of business."""

from datetime import date, timedelta

SATURDAY = 5


def business_days_after(day: date, count: int) -> date:
    """The day that lies so many business days later. Holidays are not known here, so it is never later than the law's own."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day
