"""What is declared of every door: words, methods, and the row it opens.

A route missing here fails the matrix: whoever adds a page says who may enter it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Door:
    words: tuple[str, ...]  # empty: public
    methods: str = "G"  # G, P or GP
    row: str = ""  # key of Belonging.rows or Stage.others; empty: no row
    known_by: tuple[str, ...] = ()  # the words by which the row is known at all; else 404
    names_enough: bool = False  # rows seen by name only open it
    needs: tuple[str, ...] = ()  # the words that must reach the row, when not those on the door
    only: tuple[str, ...] = ()  # of those who hold the word, only these know the row; else 404
    bearer: str = ""  # a public page whose secret address is the right: everybody is answered as this one of the cast
    selects: bool = False  # the row is named by ?selected=, not by the address


VIEW, PERSON, CONTACT, REMINDER = "organisation.view", "person.view", "contact.view", "reminder.view"
USE = ("desk.use",)
PLANS = ("playbook.view",)
LIFE = ("lifecycle.view",)
STAFF, ORG = ("staff.manage",), ("org.manage",)
IMPORT = ("import.run", "staff.manage")
ANY_ORG = ("org.manage", "staff.view")


def _organisation(*words: str, methods: str = "G", names_enough: bool = False) -> Door:
    return Door(words, methods, "organisation", (VIEW,), names_enough)


def _person(*words: str, methods: str = "G", row: str = "person", needs: tuple[str, ...] = ()) -> Door:
    return Door(words, methods, row, (PERSON,), needs=needs)


def _customer(*words: str, methods: str = "GP") -> Door:
    return Door(words, methods, "customer", (VIEW, PERSON))


def _contact(*words: str, methods: str = "G", row: str = "contact") -> Door:
    return Door(words, methods, row, (CONTACT,))


def _feedback(*words: str, methods: str = "G") -> Door:
    return Door(words, methods, "feedback", ("feedback.view",))


def _reminder(*words: str, methods: str = "GP", row: str = "reminder") -> Door:
    return Door(words, methods, row, (REMINDER,))


def _office(words: tuple[str, ...], row: str = "", methods: str = "G") -> Door:
    return Door(words, methods, row)


def _import(methods: str = "P") -> Door:
    """An import is its uploader's alone: the rows are their file, not yet customers."""
    return Door(IMPORT, methods, "import", only=("manager",))


def _lead(*words: str, methods: str = "G") -> Door:
    return Door(words, methods, "lead", ("lead.view",))


def _enrolment(*words: str, methods: str = "G", row: str = "enrolment") -> Door:
    """A plan of a customer is known to who sees what happens with the customer."""
    return Door(words, methods, row, (CONTACT,))


def _export(methods: str = "P") -> Door:
    """A file is for who asked for it alone."""
    return Door(("export.run",), methods, "export", only=("rep",))


# who belongs to the south or to a unit of it
POOLING = ("rep", "sibling", "other_area_rep", "manager", "region_manager", "commerce")
HANDS = ("proxy.manage", "transfer.make")
MANAGING = ("manager", "region_manager", "gm", "security")


def _proxy(methods: str = "P") -> Door:
    """Of the representative: known to the person and to who manages the position."""
    return Door(("proxy.manage",), methods, "proxy", only=("rep", *MANAGING))


DOORS: dict[str, Door] = {
    "access:sign_in": Door((), "GP"),
    "access:sign_out": Door((), "P"),
    "access:session": Door(()),
    "access:change_password": Door(USE, "GP"),
    "access:account": Door(USE),
    "access:staff_list": _office(("staff.view",)),
    "access:staff": _office(("staff.view",), "staff"),
    "access:staff_new": _office(STAFF, "", "GP"),
    "access:staff_edit": _office(STAFF, "staff", "GP"),
    "access:staff_reset_password": _office(STAFF, "staff", "P"),
    "access:staff_leave": _office(STAFF, "staff", "GP"),
    "access:staff_return": _office(STAFF, "left_staff", "P"),
    "access:units": _office(ANY_ORG),
    "access:unit_new": _office(ORG, "", "GP"),
    "access:unit_edit": _office(ORG, "unit", "GP"),
    "access:unit_close": _office(ORG, "unit", "P"),
    "access:positions": _office(ANY_ORG),
    "access:position": _office(ANY_ORG, "position"),
    "access:position_new": _office(ORG, "", "GP"),
    "access:position_edit": _office(ORG, "position", "GP"),
    "access:position_appoint": _office(ORG, "position", "P"),
    "access:position_vacate": _office(ORG, "position", "P"),
    "access:position_close": _office(ORG, "position", "P"),
    "access:territories": _office(ORG),
    "access:territory_new": _office(ORG, "", "GP"),
    "access:territory_end": _office(ORG, "rule", "P"),
    "access:alarms": _office(STAFF),
    "access:alarm_lift": _office(STAFF, "alarm", "P"),
    "access:rights": _office(("rights.view",)),
    "access:unused": Door(("grant.unused",)),
    "access:unused_file": Door(("grant.unused",), "P"),
    "access:proxies": Door(("proxy.manage",)),
    "access:proxy_new": Door(("proxy.manage",), "GP"),
    "access:proxy": _proxy("G"),
    "access:proxy_end": _proxy(),
    "access:transfers": Door(HANDS),
    "access:transfer": Door(HANDS, "G", "transfer", only=("sibling", "rep", *MANAGING)),
    # who looks after accounts agrees to transfers and sees no customer's name
    "access:transfer_items": Door(HANDS, "G", "transfer", only=("sibling", "rep", *(one for one in MANAGING if one != "security"))),
    "access:transfer_new": Door(("transfer.make",), "GP"),
    "access:transfer_decide": Door(("transfer.approve",), "P", "transfer", only=MANAGING),
    "access:transfer_cancel": Door(("transfer.make", "transfer.approve"), "P", "transfer", only=MANAGING),
    "access:transfer_undo": Door(("transfer.approve",), "P", "transfer", only=MANAGING),
    "desk:today": Door(USE),
    "service:feedback_list": Door(("feedback.view",)),
    "service:feedback": _feedback("feedback.view"),
    "service:acknowledge": _feedback("feedback.handle", methods="GP"),
    "service:answer": _feedback("feedback.handle", methods="GP"),
    "service:report": _feedback("feedback.handle", methods="GP"),
    "service:customer_feedback": _customer("feedback.view", methods="G"),
    "service:feedback_new": _customer("feedback.handle"),
    "news:news": Door(("news.view",)),
    "news:intel": Door(("news.view",), "G", "intel"),
    "news:intel_new": Door(("news.manage",), "GP"),
    "news:intel_edit": Door(("news.manage",), "GP", "intel"),
    "news:intel_down": Door(("news.manage",), "P", "intel"),
    "news:following": Door(("news.view",), "GP"),
    "messaging:messages": Door(USE),
    "messaging:message": Door(USE, "G", "message", only=("rep",)),
    "messaging:read": Door(USE, "P", "message", only=("rep",)),
    "messaging:read_all": Door(USE, "P"),
    "messaging:wishes": Door(USE, "GP"),
    "messaging:channels": Door(("messaging.manage",)),
    "messaging:trial": Door(("messaging.manage",), "P", "delivery"),
    "messaging:group": Door(("messaging.manage",), "GP", "robot"),
    "messaging:templates": Door(("messaging.manage",)),
    "messaging:template": Door(("messaging.manage",), "GP", "delivery"),
    "messaging:deliveries": Door(("messaging.manage",)),
    "messaging:delivery": Door(("messaging.manage",), "G", "delivery"),
    "messaging:again": Door(("messaging.manage",), "P", "delivery"),
    "desk:notices": Door(USE),
    "desk:team": Door(("team.view",)),
    "desk:cockpit": Door(("team.view",)),
    "desk:adoption": Door(("team.view",)),
    "desk:customer": Door((VIEW, PERSON), "G", "customer", (VIEW, PERSON), names_enough=True),
    "desk:person_contacts": _person(CONTACT, needs=(PERSON,)),
    "desk:person_changes": _person(PERSON),
    "desk:search": Door(USE),
    "desk:audit": Door(("audit.search",)),
    "desk:audit_entry": Door(("audit.search",), "G", "audit_entry"),
    "desk:gallery": Door(("gallery.view",)),
    "desk:views": Door(USE),
    "desk:neighbours": Door(USE),
    "desk:view_new": Door(USE, "P"),
    "desk:view_change": Door(USE, "P", "view", only=("manager",)),
    "desk:view_move": Door(USE, "P", "view", only=("manager",)),
    "desk:view_delete": Door(USE, "P", "view", only=("manager",)),
    "desk:view_default": Door(USE, "P", "view", only=("manager",)),
    "desk:healthz": Door(()),
    "desk:policy_report": Door((), "P"),
    "batches:new": Door(
        ("batch.run",), "GP", "organisation", (VIEW,), needs=("organisation.assign",), selects=True
    ),
    "batches:batches": Door(("batch.run",)),
    "playbooks:playbooks": Door(PLANS),
    "playbooks:playbook_new": Door(("playbook.manage",), "GP"),
    "playbooks:playbook": Door(PLANS, "G", "playbook"),
    "playbooks:playbook_preview": Door(PLANS, "G", "playbook"),
    "playbooks:playbook_edit": Door(("playbook.manage",), "GP", "playbook"),
    "playbooks:playbook_close": Door(("playbook.manage",), "GP", "playbook"),
    "playbooks:rollout_resume": Door(("playbook.manage",), "P", "playbook"),
    "playbooks:enrolments": Door(PLANS, "G", "playbook"),
    "playbooks:all_enrolments": Door(PLANS),
    "playbooks:enrolment": _enrolment(*PLANS),
    "playbooks:enrolment_stop": _enrolment("playbook.enrol", methods="GP"),
    "playbooks:step_skip": _enrolment("playbook.enrol", methods="GP", row="step_run"),
    "playbooks:customer_plans": _organisation(*PLANS),
    "playbooks:attention": Door(PLANS, "G", "attention"),
    "playbooks:retention": Door(PLANS),
    "playbooks:alarms": Door(PLANS),
    "batches:batch": Door(("batch.run",), "G", "batch", only=("manager",)),
    "batches:stop": Door(("batch.run",), "P", "batch", only=("manager",)),
    "batches:undo": Door(("batch.run",), "P", "batch", only=("manager",)),
    "exports:exports": Door(("export.run", "export.approve")),
    "exports:new": Door(("export.run",), "GP"),
    "exports:print": Door(("export.run",), "P"),
    "exports:log": Door(("export.oversee",)),
    "exports:export": Door(
        ("export.run", "export.approve", "export.oversee"), "G", "export",
        only=("rep", "manager", "region_manager", "gm", "compliance", "security", "audit"),
    ),
    "exports:file": Door(("export.run",), "G", "export_file", only=("rep",)),
    "exports:cancel": _export(),
    "exports:resume": _export(),
    "exports:approve": Door(("export.approve",), "P", "export"),
    "exports:decline": Door(("export.approve",), "P", "export"),
    "compliance:rules": Door(("rule.view",)),
    "compliance:rule": Door(("rule.view",), "G", "compliance_rule"),
    "compliance:rule_edit": Door(("rule.manage",), "GP", "compliance_rule"),
    "compliance:refusals": Door(("refusal.view",)),
    "people:organisations": Door((VIEW,), "G", "kind"),
    "people:organisation_new": Door(("organisation.create",), "GP", "kind"),
    "people:organisation_edit": _organisation("organisation.edit", methods="GP"),
    "people:organisation_panel": _organisation(VIEW),
    "people:organisation_cell": _organisation("organisation.edit", methods="GP"),
    "people:person_cell": _person("person.edit", methods="GP"),
    "people:organisation_trash": _organisation("organisation.trash", methods="GP"),
    "people:organisation_restore": Door(("organisation.trash",), "P", "trashed", ("organisation.trash",)),
    "people:person_trash": _person("person.trash", methods="GP"),
    "people:person_restore": Door(("person.trash",), "P", "trashed_person", ("person.trash",)),
    "people:organisation_print": _organisation(VIEW),
    "people:organisation_people": _organisation(VIEW),
    "people:organisation_departments": _organisation(VIEW),
    "people:organisation_changes": _organisation(VIEW),
    "people:sharing": _customer(VIEW, PERSON, methods="G"),
    "people:share_new": _customer("customer.share", methods="P"),
    "people:share_revoke": Door(("customer.share",), "P", "share", (VIEW, PERSON)),
    "people:orphans": Door(("orphan.view",)),
    "people:department_new": _organisation("organisation.edit", methods="P"),
    "people:department_edit": Door(("organisation.edit",), "GP", "department", (VIEW,)),
    "people:departments": Door((PERSON,)),
    "people:trash": Door(("organisation.trash", "person.trash")),
    "people:trash_people": Door(("person.trash",)),
    "people:duplicates": Door(("duplicate.check",), "P"),
    "people:regions": Door((VIEW, PERSON, "org.manage")),
    "people:organisation_options": Door((VIEW,), "G", "kind"),
    "people:people": Door((PERSON,)),
    "people:contact_people": Door((PERSON,)),
    "people:person_panel": _person(PERSON),
    "people:person_new": Door(("person.create",), "GP"),
    "people:person": _person(PERSON),
    "people:person_card": _person(PERSON),
    "people:person_edit": _person("person.edit", methods="GP"),
    "people:person_phone": _person("phone.reveal", methods="P"),
    "people:affiliation_new": _person("person.edit", methods="GP"),
    "people:affiliation_end": _person("person.edit", methods="GP", row="affiliation"),
    "people:affiliation_primary": _person("person.edit", methods="P", row="affiliation"),
    "people:tags": Door(("tag.manage",), "GP"),
    "people:label": Door(("tag.manage",), "P", "dimension"),
    "people:quality": Door((PERSON,)),
    "interchange:imports": Door(IMPORT),
    "interchange:upload": Door(IMPORT, "GP"),
    "interchange:template": Door(IMPORT, "G", "import_key", only=("manager", "region_manager", "commerce", "system")),
    "interchange:job": _import("G"),
    "interchange:sheet": _import(),
    "interchange:forget": _import(),
    "interchange:check": _import(),
    "interchange:match": _import(),
    "interchange:apply": _import(),
    "interchange:cancel": _import(),
    "interchange:resume": _import(),
    "interchange:undo": _import(),
    "interchange:problems": _import("G"),
    "desk:work_days": Door(("calendar.manage",)),
    "desk:work_day_keep": Door(("calendar.manage",), "P"),
    "desk:work_days_import": Door(("calendar.manage",), "P"),
    "leads:leads": Door(("lead.view",)),
    "leads:lead": _lead("lead.view"),
    "leads:lead_new": Door(("lead.record",), "GP"),
    "leads:lead_duplicates": Door(("duplicate.check",), "P"),
    "leads:lead_edit": _lead("lead.handle", methods="GP"),
    "leads:lead_phone": _lead("phone.reveal", methods="P"),
    "leads:lead_identify": _lead("lead.handle", methods="GP"),
    "leads:lead_link": _lead("lead.handle", methods="P"),
    "leads:lead_judge": _lead("lead.handle", methods="GP"),
    "leads:lead_reject": _lead("lead.handle", methods="GP"),
    "leads:lead_reopen": _lead("lead.handle", methods="GP"),
    "leads:lead_accept": _lead("lead.handle", methods="GP"),
    "leads:lead_return": _lead("lead.handle", methods="GP"),
    "leads:lead_assign": _lead("lead.assign", methods="GP"),
    "leads:lead_rules": _lead("lead.assign", methods="P"),
    "leads:lead_pool": _lead("lead.assign", methods="GP"),
    "leads:lead_pick": Door(("lead.handle",), "P", "pool_lead", only=POOLING),
    "leads:likeness": Door(("lead.view",)),
    "leads:likeness_compute": Door(("lead.manage",), "P"),
    "leads:likeness_judge": Door(("lead.view",), "P", "organisation", (VIEW,), needs=(VIEW,)),
    "leads:pool": Door(("lead.handle",)),
    "leads:rules": Door(("lead.manage",)),
    "leads:rule_new": Door(("lead.manage",), "GP"),
    "leads:rule_try": Door(("lead.manage",)),
    "leads:rule_edit": Door(("lead.manage",), "GP", "lead_rule"),
    "leads:rule_move": Door(("lead.manage",), "P", "lead_rule"),
    "leads:rule_end": Door(("lead.manage",), "P", "lead_rule"),
    "leads:profile": Door(("lead.view", "lead.manage")),
    "leads:customer_leads": Door(("lead.view",), "G", "customer", (VIEW, PERSON), needs=(VIEW, PERSON)),
    "leads:campaigns": Door(("lead.manage", "lead.report")),
    "leads:campaign": Door(("lead.manage", "lead.report"), "G", "campaign"),
    "leads:campaign_new": Door(("lead.manage",), "GP"),
    "leads:campaign_edit": Door(("lead.manage",), "GP", "campaign"),
    "leads:channels": Door(("lead.manage",)),
    "leads:channel_new": Door(("lead.manage",), "GP"),
    "leads:channel_edit": Door(("lead.manage",), "GP", "channel"),
    "leads:channel_close": Door(("lead.manage",), "P", "channel"),
    "lifecycle:board": Door(LIFE),
    "lifecycle:column": Door(LIFE, "G", "life_stage"),
    "lifecycle:panel": _organisation(*LIFE),
    "lifecycle:before_call": _organisation(*LIFE),
    "lifecycle:move": _organisation("lifecycle.edit", methods="GP"),
    "lifecycle:need_new": _organisation("lifecycle.edit", methods="GP"),
    "lifecycle:target_new": _organisation("lifecycle.edit", methods="GP"),
    "lifecycle:stage_changes": Door(LIFE),
    "lifecycle:effects": Door(LIFE),
    "lifecycle:effect_report": Door(LIFE),
    "lifecycle:needs": Door(LIFE),
    "lifecycle:need": Door(LIFE, "G", "need", LIFE),
    "lifecycle:need_edit": Door(("lifecycle.edit",), "GP", "need", LIFE),
    "lifecycle:targets": Door(LIFE),
    "lifecycle:result": Door(LIFE),
    "lifecycle:target": Door(LIFE, "G", "target", LIFE),
    "lifecycle:target_edit": Door(("lifecycle.edit",), "GP", "target", LIFE),
    "lifecycle:target_reach": Door(("lifecycle.edit",), "GP", "target", LIFE),
    "lifecycle:coverage": Door(("lifecycle.plan",), "GP"),
    "lifecycle:losses": Door(LIFE),
    "lifecycle:picklists": Door(("lifecycle.manage",), "GP"),
    "lifecycle:value": Door(("lifecycle.manage",), "P", "loss_reason"),
    "insight:sources": Door(("lead.report",)),
    "insight:source_campaigns": Door(("lead.report",)),
    "insight:contacts": Door(("report.contacts",)),
    "insight:contact_records": Door(("report.contacts",)),
    "insight:people": Door(("team.view",)),
    "insight:salesperson": Door(("team.view",), "G", "salesperson", only=("manager", "region_manager", "gm")),
    "followups:contacts": Door((CONTACT,)),
    "followups:contact": _contact(CONTACT),
    "followups:correct": _contact("contact.record", methods="GP"),
    "followups:comment": _contact("comment.write", methods="GP"),
    "followups:reply": _contact("contact.record", "comment.write", methods="GP", row="comment"),
    "followups:comment_read": _contact(CONTACT, methods="P", row="comment"),
    "followups:record": _customer("contact.record"),
    "followups:stream": _customer(CONTACT, methods="G"),
    "followups:history": _customer(CONTACT, methods="G"),
    "followups:reminders": Door((REMINDER,)),
    "followups:reminder": _reminder(REMINDER, methods="G"),
    "followups:reminder_new": _customer("reminder.manage"),
    "followups:reminder_done": _reminder("reminder.manage"),
    "followups:reminder_postpone": _reminder("reminder.manage"),
    "followups:reminder_hand_over": _reminder("reminder.manage"),
    "insight:duties": Door(("report.contacts",)),
    "followups:reminder_move": _reminder("reminder.manage"),
    "followups:reminder_move_back": _reminder("reminder.manage", methods="P"),
    "followups:task_part": _reminder("reminder.manage"),
    "followups:task_attach": _reminder("reminder.manage"),
    "followups:appointment_edit": _reminder("reminder.manage"),
    "followups:checklist": _reminder("reminder.manage", methods="P"),
    "followups:drop": _reminder("reminder.manage", methods="P"),
    "followups:task_new": _customer("reminder.manage"),
    "followups:appointment_new": _customer("reminder.manage"),
    "followups:commitment_new": _customer("reminder.manage"),
    "followups:customer_commitments": _customer(REMINDER, methods="G"),
    "followups:commitments": Door((REMINDER,)),
    "followups:commitment_rates": Door((REMINDER,)),
    "followups:commitment": _reminder(REMINDER, methods="G", row="commitment"),
    "followups:commitment_keep": _reminder("reminder.manage", row="commitment"),
    "followups:commitment_postpone": _reminder("reminder.manage", row="commitment"),
    "followups:commitment_drop": _reminder("reminder.manage", row="commitment"),
    "followups:calendar": Door((REMINDER,)),
    "followups:feed": Door((REMINDER,), "GP"),
    "followups:feed_revoke": Door((REMINDER,), "P"),
    "followups:ics": Door((), "G", "feed", bearer="rep"),
}
