"""The mistakes: what people write first, or do to be sure."""

from pipelines.switch import Switch

MISTAKES = (
    Switch("sizes-asked", "a HEAD for each image before the start", "1 to 2 ms an image", {"ask_sizes": True}),
    Switch("new-clients", "a new client of S3 for each image", "5 to 20 ms an image", {"get_by": "new-client"}),
    Switch("block-per-image", "a block for each image", "some ms an image", {"block_per_image": True}),
    Switch("per-row-map", "`map` in the place of `map_batches`", "some 10 %", {"prepare_by": "row"}),
    Switch("stage-per-step", "a stage for each step", "pixels through the object store", {"stages": "each"}),
    Switch("channel-by-channel", "normalised channel by channel, in doubles", "little", {"normalise": "channels"}),
    Switch("float64", "tensors of doubles between the stages", "twice the object store", {"tensor_type": "float64"}),
    Switch("lists", "tensors as lists of Python", "several ms an image", {"tensor_as": "list"}),
    Switch("pandas", "`batch_format='pandas'`", "a copy of each tensor", {"frame": "pandas"}),
    Switch("pixels-kept", "no column left out until the end", "five times the object store", {"keep_pixels": True}),
    Switch("row-logs", "a line of log for each image", "little", {"log_rows": True}),
    Switch("row-counter", "an actor asked for each image", "1 ms an image", {"count_rows": True}),
    Switch("counted-first", "`count()` of what is prepared", "all is prepared twice", {"count_first": True}),
    Switch("materialized", "`materialize()` before the model", "all in the object store", {"materialize": True}),
    Switch("shuffled", "`random_shuffle()` of what is prepared", "all in the object store", {"shuffle": True}),
    Switch("ordered", "`preserve_order`", "nothing", {"preserve_order": True}),
    Switch("sorted", "`sort('key')` of the rows", "a second, and waiting for all", {"sort": True}),
    Switch("session-per-call", "the model loaded in each call", "20 ms a call", {"session": "call"}),
    Switch("model-in-closure", "the model in the function's closure", "little, by its 0.6 MB", {"model_by": "closure"}),
    Switch("many-threads", "4 threads a session", "more CPU, no less time", {"threads": 4}),
    Switch("one-at-a-time", "the model given one image at a time", "1 ms an image", {"model_batch": 1}),
    Switch("one-worker", "a pool of one for the model", "up to twice the time", {"workers": "one"}),
    Switch("gc-each-batch", "`gc.collect()` in each batch", "10 to 20 ms a batch", {"collect_garbage": True}),
    Switch("collected", "`take_all()`, and written by the driver", "little, by its small rows", {"collect": True}),
    Switch("small-files", "a file for each image", "a request an image", {"files": "image"}),
    Switch("json", "rows as JSON", "larger files", {"output": "json"}),
)
