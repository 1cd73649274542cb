from django.urls import path

from keqing.access.views import alarms, organisation, rights, sessions, staff

app_name = "access"
urlpatterns = [
    path("sign-in/", sessions.sign_in, name="sign_in"),
    path("session/", sessions.session, name="session"),
    path("sign-out/", sessions.sign_out, name="sign_out"),
    path("password/", sessions.change_password, name="change_password"),
    path("account/", sessions.account, name="account"),
    path("staff/", staff.staff_list, name="staff_list"),
    path("staff/new/", staff.staff_new, name="staff_new"),
    path("staff/<int:pk>/", staff.staff, name="staff"),
    path("staff/<int:pk>/edit/", staff.staff_edit, name="staff_edit"),
    path("staff/<int:pk>/password/", staff.staff_reset_password, name="staff_reset_password"),
    path("staff/<int:pk>/leave/", staff.staff_leave, name="staff_leave"),
    path("staff/<int:pk>/return/", staff.staff_return, name="staff_return"),
    path("units/", organisation.units, name="units"),
    path("units/new/", organisation.unit_new, name="unit_new"),
    path("units/<int:pk>/edit/", organisation.unit_edit, name="unit_edit"),
    path("units/<int:pk>/close/", organisation.unit_close, name="unit_close"),
    path("positions/", organisation.positions, name="positions"),
    path("positions/new/", organisation.position_new, name="position_new"),
    path("positions/<int:pk>/", organisation.position, name="position"),
    path("positions/<int:pk>/edit/", organisation.position_edit, name="position_edit"),
    path("positions/<int:pk>/appoint/", organisation.position_appoint, name="position_appoint"),
    path("positions/<int:pk>/vacate/", organisation.position_vacate, name="position_vacate"),
    path("positions/<int:pk>/close/", organisation.position_close, name="position_close"),
    path("territories/", organisation.territories, name="territories"),
    path("territories/new/", organisation.territory_new, name="territory_new"),
    path("territories/<int:pk>/end/", organisation.territory_end, name="territory_end"),
    path("alarms/", alarms.alarms, name="alarms"),
    path("alarms/<int:pk>/lift/", alarms.alarm_lift, name="alarm_lift"),
    path("rights/", rights.rights, name="rights"),
]
