"""数据质量: what is complete, what has no source (R-003, R-004)."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.kit import pages
from keqing.people import quality as report
from keqing.people.permissions import Can


@require_GET
@allow(Can.VIEW_PERSON)
def quality(request: HttpRequest) -> HttpResponse:
    """Counts by kind and the facts without a source, for what the reader sees in full."""
    staff = request.user
    rows = [*report.organisations_without_source(staff)]
    people = [*report.people_without_source(staff)]
    for row in (*rows, *people):
        row.gaps = report.gaps_of(row)
    organisations, persons = report.organisation_quality(staff), report.people_quality(staff)
    everything = (*organisations, *persons)
    context = {
        "organisations": organisations,
        "people": persons,
        "rows": rows,
        "person_rows": people,
        "without_source": sum(line.without_source + line.figures_without_source for line in everything),
        "records": sum(line.total for line in everything),
    }
    return pages.render(request=request, template="people/quality.html", context=context)
