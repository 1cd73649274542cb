"""The rows of an installation that will be killed: ``python -m tests.faults.stage 16 32`` prints sessions and customers.

One representative per session, customers shared out among them in turn.
"""

import json
import sys
import time


def main(people: int, customers: int) -> dict[str, list[object]]:
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.db import connection

    from keqing.access.lifetime import begin_session
    from keqing.access.tests.factories import make_cast, make_position, make_staff
    from keqing.people.tests.factories import make_organisation

    # where the settings of production keep their cache
    call_command("createcachetable", "cache_entry", verbosity=0)
    cast = make_cast()
    reps = [make_staff(name=f"李甲{number:02d}", login_name=f"writer{number}") for number in range(people)]
    for rep in reps:
        make_position(unit=cast.guangzhou, role="representative", holder=rep)
    sessions = []
    for rep in reps:
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(rep.pk), "keqing.access.backends.StaffBackend"
        session[HASH_SESSION_KEY] = rep.get_session_auth_hash()
        begin_session(session, now=int(time.time()))
        session.create()
        sessions.append(session.session_key)
    made = [make_organisation(owner=reps[number % people], name=f"甲{number}市人民医院") for number in range(customers)]
    connection.close()
    return {"sessions": sessions, "customers": [one.pk for one in made]}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201
