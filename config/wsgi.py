import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Everything pages need is loaded before the server makes its workers, and what is loaded stays out of the collector's
# way: it would write into every page of memory the workers share.
get_resolver().url_patterns  # noqa: B018 loading is the effect
gc.collect()
gc.freeze()
