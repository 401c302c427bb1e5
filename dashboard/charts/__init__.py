"""Charts as pure functions: values in, a plotly figure out.

The title is a sentence of what the chart shows. Titles never hold text from
records; labels pass `dashboard.words.label`.
"""
