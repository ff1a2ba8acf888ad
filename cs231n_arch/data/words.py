"""The words of recipes, which earlier versions spelled otherwise."""

AMERICAN = {"centre": "center", "colour": "color", "normalised": "normalized"}


def respelled(words: str) -> str:
    """The words of an augmentation or of a test view in American spelling; earlier versions had British."""
    for old, new in AMERICAN.items():
        words = words.replace(old, new)
    return words
