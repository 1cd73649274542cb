"""Whether this installation answers, for load balancers and monitors."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from keqing.access.gate import public


@never_cache
@require_safe
@public("tells a monitor only whether the database answers")
def health(request: HttpRequest) -> JsonResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return JsonResponse({"status": "数据库没有响应"}, status=503, json_dumps_params={"ensure_ascii": False})
    return JsonResponse({"status": "正常"}, json_dumps_params={"ensure_ascii": False})
