"""The refusals of balloon: each names the thing, the value, what is allowed and the way out."""


class BalloonError(ValueError):
    """Anything balloon refuses to do. Catch this one to catch them all."""


class ScenarioError(BalloonError):
    """A scenario, or a part of one, that cannot be. ``problems`` lists every one found."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))

    def __reduce__(self) -> tuple[type["ScenarioError"], tuple[str, ...]]:
        return type(self), self.problems


class EngineError(BalloonError):
    """An engine that cannot run what it was given."""


class RunError(EngineError):
    """A run that failed although what it was given was good: rules that raise, a worker that was lost."""


class DataError(BalloonError):
    """A file or a table that is not what it should be."""


class FitError(BalloonError):
    """Observations from which nothing can be fitted."""


class BalloonWarning(UserWarning):
    """Something that balloon does, but that the user should know of."""
