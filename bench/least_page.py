"""What the server of ``least`` serves: a template of fifty rows, nothing of the product and no database. Only imported there."""

from secrets import token_hex

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

ROWS = [
    {"id": number, "name": f"示例市第{number}人民医院", "place": "示例市", "state": "跟进", "level": "三级甲等", "owner": "李雯", "day": "2026-01-01"}
    for number in range(1, 51)
]
TABLE = """<!doctype html><html lang="zh-CN"><title>客户</title><table>{% for row in rows %}
<tr><td><a href="/customers/{{ row.id }}/">{{ row.name }}</a></td><td>{{ row.place }}</td><td>{{ row.state }}</td><td>{{ row.level }}</td>
<td>{{ row.owner }}</td><td>{{ row.day }}</td><td>{{ forloop.counter }}</td></tr>{% endfor %}</table></html>"""

settings.configure(
    SECRET_KEY=token_hex(), ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF="bench.least_page",
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"table.html": TABLE})]},
    }],
)


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "table.html", {"rows": ROWS})


urlpatterns = [path("", page)]
application = get_wsgi_application()
