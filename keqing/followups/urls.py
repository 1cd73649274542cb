from django.urls import path

from keqing.followups.views import comments, contacts, reminders, stream

app_name = "followups"
urlpatterns = [
    path("contacts/", contacts.contact_list, name="contacts"),
    path("contacts/<int:pk>/", contacts.contact, name="contact"),
    path("contacts/<int:pk>/correct/", contacts.correct, name="correct"),
    path("contacts/<int:pk>/comment/", comments.comment, name="comment"),
    path("comments/<int:pk>/reply/", comments.reply, name="reply"),
    path("comments/<int:pk>/read/", comments.comment_read, name="comment_read"),
    path("customers/<int:pk>/record/", contacts.record, name="record"),
    path("customers/<int:pk>/stream/", stream.stream, name="stream"),
    path("customers/<int:pk>/history/", contacts.history, name="history"),
    path("customers/<int:pk>/remind/", reminders.reminder_new, name="reminder_new"),
    path("reminders/", reminders.reminder_list, name="reminders"),
    path("reminders/<int:pk>/", reminders.reminder, name="reminder"),
    path("reminders/<int:pk>/done/", reminders.reminder_done, name="reminder_done"),
    path("reminders/<int:pk>/postpone/", reminders.reminder_postpone, name="reminder_postpone"),
    path("reminders/<int:pk>/hand-over/", reminders.reminder_hand_over, name="reminder_hand_over"),
]
