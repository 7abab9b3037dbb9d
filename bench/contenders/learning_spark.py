"""Spark on threads of one JVM, as its users write it: `knn` by a broadcast join, since MLlib has none; `kmeans` of
`pyspark.ml`, which takes no centres to begin with; `kmeans-rdd` of `pyspark.mllib`, which does."""

import os
import sys
from typing import Any

from pyspark.ml.clustering import KMeans
from pyspark.ml.linalg import Vectors
from pyspark.mllib.clustering import KMeans as RddKMeans
from pyspark.mllib.clustering import KMeansModel as RddKMeansModel
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from contenders.job import Job, Pass
from contenders.learning_set import LearningSet, read_set, rows

PARTITIONS_PER_CORE = 2
TOLERANCE = 1e-4
"""Of both libraries of K-Means, by default."""

last: dict[str, int] = {}


def prepare(job: Job, variant: str) -> Pass:
    data = read_set(job.folder)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    partitions = str(job.threads * PARTITIONS_PER_CORE)
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.default.parallelism": partitions,
        "spark.sql.shuffle.partitions": partitions,
    }
    spark = SparkSession.builder.master(f"local[{job.threads}]").config(map=settings).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    if variant == "knn":
        asked, known = _frames(spark, data)
        return lambda: _classify(asked, known, data.neighbours)
    if variant == "kmeans":
        numbered = [(at, Vectors.dense(image)) for at, image in enumerate(data.images)]
        frame = spark.createDataFrame(numbered, ["id", "features"]).repartition(int(partitions)).cache()
        frame.count()
        return lambda: _cluster(frame, len(data.start))
    images = spark.sparkContext.parallelize(data.images, int(partitions)).cache()
    images.count()
    return lambda: _cluster_rdd(images, data)


def facts() -> dict[str, int]:
    return last


def _frames(spark: SparkSession, data: LearningSet) -> tuple[DataFrame, DataFrame]:
    known_images, known_labels = data.learned_from
    asked = spark.createDataFrame(
        [(at, image.tolist()) for at, image in enumerate(data.queries)], "asked int, image array<double>"
    )
    known = spark.createDataFrame(
        [(at, int(known_labels[at]), image.tolist()) for at, image in enumerate(known_images)],
        "known int, label int, other array<double>",
    )
    return asked.repartition(spark.sparkContext.defaultParallelism).cache(), known.cache()


def _classify(asked: DataFrame, known: DataFrame, neighbours: int) -> list[list[int]]:
    squares = F.zip_with("image", "other", lambda a, b: (a - b) * (a - b))
    distance = F.aggregate(squares, F.lit(0.0), lambda total, square: total + square)
    pairs = asked.crossJoin(F.broadcast(known)).select("asked", "known", "label", distance.alias("distance"))
    nearest = Window.partitionBy("asked").orderBy("distance", "known")
    votes = (
        pairs.withColumn("place", F.row_number().over(nearest))
        .where(F.col("place") <= neighbours)
        .groupBy("asked", "label")
        .count()
    )
    most = Window.partitionBy("asked").orderBy(F.desc("count"), "label")
    winners = votes.withColumn("place", F.row_number().over(most)).where("place = 1").orderBy("asked")
    return rows([row["label"] for row in winners.select("label").collect()])


def _cluster(frame: DataFrame, clusters: int) -> list[list[int]]:
    model = KMeans(k=clusters, maxIter=300, tol=TOLERANCE, seed=1).fit(frame)
    last["iterations"] = int(model.summary.numIter)
    found = model.transform(frame).orderBy("id").select("prediction").collect()
    return rows([row["prediction"] for row in found])


def _cluster_rdd(images: Any, data: LearningSet) -> list[list[int]]:
    begin = RddKMeansModel(list(data.start))
    model = RddKMeans.train(images, len(data.start), maxIterations=300, epsilon=TOLERANCE, initialModel=begin)
    return rows(model.predict(images).collect())
