"""`create_model`: a net by name, untrained or with published weights."""

from cs231n_arch.models.layers import Net
from cs231n_arch.models.registry import build


def create_model(name: str, *, pretrained: bool = False, **options: object) -> Net:
    """Build a model by name, as its paper prints it.

    Args:
        name: one of `list_models()`.
        pretrained: load published ImageNet weights, for the models that have them (`interop.load_pretrained`). The
            net is then built in the form those weights were trained in, and `model.preprocess` turns an image into
            its input.
        options: the constructor's own arguments, such as `num_classes`, `in_channels` or `depth`.

    Returns:
        The net in training mode; `model.input_size` is its (channels, height, width). Inside
        `with torch.device("meta")` no weight is allocated.

    Raises:
        ValueError: unknown name (with near matches), unknown option, or an option's value that the paper's
            construction does not allow.
    """
    if pretrained:
        from cs231n_arch import interop  # on demand: it loads torchvision

        return interop.load_pretrained(name, **options)
    return build(name, **options)
