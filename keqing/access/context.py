from django.http import HttpRequest


def staff(request: HttpRequest) -> dict[str, object]:
    return {"staff": getattr(request, "staff", None)}
