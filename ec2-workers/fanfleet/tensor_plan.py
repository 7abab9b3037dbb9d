"""From the size of an image to that of its tensor: the twin of src/kernel/tensor-plan.ts."""

from typing import Any, NamedTuple

from fanfleet.formats.still import MAX_PIXELS, must


class TensorPlan(NamedTuple):
    """The size that an image is resized to, and what is cut out of that."""

    width: int
    height: int
    left: int
    top: int
    crop_width: int
    crop_height: int

    @property
    def values(self) -> int:
        """Of the tensor."""
        return 3 * self.crop_width * self.crop_height


def plan_tensor(recipe: dict[str, Any], width: int, height: int) -> TensorPlan:
    """By a `TensorRecipe` of src/contract/tensor.ts, as torchvision has it (docs/tensors.md)."""
    resize = recipe["resize"]
    shorter = resize.get("shorter")
    if shorter is None:
        to_width, to_height = resize["width"], resize["height"]
    elif width <= height:
        to_width, to_height = shorter, shorter * height // width
    else:
        to_width, to_height = shorter * width // height, shorter
    crop = recipe.get("crop") or {"width": to_width, "height": to_height}
    left, top = round((to_width - crop["width"]) / 2), round((to_height - crop["height"]) / 2)
    return TensorPlan(to_width, to_height, left, top, crop["width"], crop["height"])


def tensor_bytes(recipe: dict[str, Any], width: int, height: int) -> int:
    """What the tensor of an image adds to its decoding, in the kernel that takes most, which is Pillow with numpy."""
    plan = plan_tensor(recipe, width, height)
    fewer_rows, fewer_columns = height - plan.height, width - plan.width
    rows_first = fewer_rows > 0 and fewer_rows > 2 * fewer_columns
    between = width * plan.height if rows_first else plan.width * height
    weights = 64 * (width + height + plan.width + plan.height)
    per_pixel = 36 if recipe["type"] == "float32" else 16
    pixels = 7 * width * height + 4 * between + 4 * plan.width * plan.height
    return pixels + weights + per_pixel * plan.crop_width * plan.crop_height


def must_be_planned(plan: TensorPlan) -> None:
    """Raise Refused for an image that would be resized to more pixels than an image may have."""
    must(plan.width * plan.height <= MAX_PIXELS, "TOO_MANY_PIXELS")
