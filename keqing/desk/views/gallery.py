"""The component gallery."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.desk.gallery import samples
from keqing.desk.permissions import Can
from keqing.kit import pages


@require_GET
@allow(Can.VIEW_GALLERY)
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component with invented contents, for those who build pages."""
    return pages.render(request=request, template="desk/gallery.html", context=samples(at=timezone.now()))
