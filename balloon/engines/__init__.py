"""The engines: they yield states; whoever calls them decides what to keep."""
