# Upper case by Spark, a task for each share, for files that all workers see under
# the same names: spark-submit spark.py. Not tested with Spark: the command of each
# task is, by hand.
#
# What goes through rdd.pipe is the number of a share; the share itself is read and
# written by upcase-pipe. (sc.textFile(...).pipe("upcase-pipe") would take text out
# of HDFS, but as Unicode: what is not UTF-8 is lost on the way, and so are carriage
# returns.)
import os
import shlex
import subprocess

from pyspark import SparkContext

# --- what is yours ---

SHARES = 4
OUT = "/shared/upper.txt"
TOOLS = "/shared/cluster"
WORK = ["--mapping=full", "/shared/big.txt", "/shared/more.txt"]

# --- and what is not ---

folder = OUT + ".shares"
os.mkdir(folder)

# Standard input of a task is a line: which share. Without env a task has no PATH.
# Without checkCode one that fails counts as done. Spark makes it again whatever its
# status, up to spark.task.maxFailures times; share.sh -k fails only where that is
# of use.
task = ["sh", "-c", 'while read -r i; do sh "$0" -k "$i" "$@" || exit; done',
        TOOLS + "/share.sh", str(SHARES), folder] + WORK

sc = SparkContext(appName="upcase")
command = " ".join(shlex.quote(word) for word in task)
sc.parallelize(range(1, SHARES + 1), SHARES).pipe(
    command, env={"PATH": os.environ["PATH"]}, checkCode=True).collect()
subprocess.run(["sh", TOOLS + "/merge.sh", str(SHARES), folder, OUT], check=True)
