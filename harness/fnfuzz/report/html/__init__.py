"""The run as one HTML page for people: self-contained, without any script, readable at any time of the run."""

from fnfuzz.report.html.reporter import HtmlReporter

__all__ = ["HtmlReporter"]
