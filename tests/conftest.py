"""Lets tests import `reference`: pytest puts the folder of this file on the path."""
