"""Turns figures into HTML and SVG."""
