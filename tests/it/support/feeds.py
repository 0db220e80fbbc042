"""Reads a feed or calendar from standard input as others would, and says in JSON what it found."""

import json
import sys

kind, data = sys.argv[1], sys.stdin.buffer.read()
if kind == "calendar":
    import icalendar

    calendar = icalendar.Calendar.from_ical(data)
    events = calendar.walk("VEVENT")
    told = {
        "name": str(calendar["X-WR-CALNAME"]),
        "version": str(calendar["VERSION"]),
        "prodid": str(calendar["PRODID"]),
        "events": [
            {
                "uid": str(event["UID"]),
                "summary": str(event["SUMMARY"]),
                "start": event["DTSTART"].dt.isoformat(),
                "end": event["DTEND"].dt.isoformat(),
                "stamp": event["DTSTAMP"].dt.isoformat(),
                "url": str(event["URL"]),
            }
            for event in events
        ],
        "longest": max(len(line) for line in data.split(b"\r\n")),
        "errors": [str(error) for part in calendar.walk() for error in part.errors],
    }
else:
    import feedparser

    feed = feedparser.parse(data)
    told = {
        "bozo": bool(feed.bozo),
        "version": feed.version,
        "title": feed.feed.get("title"),
        "link": feed.feed.get("link"),
        "self": [link.href for link in feed.feed.get("links", []) if link.rel == "self"],
        "items": [
            {
                "id": entry.id,
                "title": entry.title,
                "link": entry.link,
                "published": entry.published_parsed and list(entry.published_parsed[:6]),
                "updated": entry.get("updated_parsed") and list(entry.updated_parsed[:6]),
                "content": entry.content[0].value if entry.get("content") else "",
            }
            for entry in feed.entries
        ],
    }
json.dump(told, sys.stdout)
