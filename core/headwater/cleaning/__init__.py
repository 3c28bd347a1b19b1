"""Cut secrets out of text that is not ours: a plugin's exception, a server's body.

`cutting` looks for secrets in a text and in its `views`, which are the text with one or two layers of quoting undone;
`encodings` are the forms that nothing undoes reliably. What we say ourselves is never cleaned: it holds no secret, and
a secret that is an ordinary word would tear it.
"""

from headwater.cleaning.cutting import clean, clean_values, holds

__all__ = ["clean", "clean_values", "holds"]
