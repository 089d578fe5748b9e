"""Live figures that need no model: what they show at first, and what their scripts are told.

Python draws a figure whole when the site is built. Where scripts run, those in `static/figures/`
add sliders and move what is there; where they don't, the drawing stays. The words of both stand in
one table a language, `static/figures/en.json`.
"""

from fmlab.views.figures.parts import STATIC, figure_html

__all__ = ["STATIC", "figure_html"]
