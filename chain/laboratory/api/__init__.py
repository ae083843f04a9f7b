"""JSON resources of the laboratory."""

from chain.laboratory.api.files import blueprint as files
from chain.laboratory.api.opinions import blueprint as opinions
from chain.laboratory.api.resources import blueprint as resources

blueprints = [resources, files, opinions]
