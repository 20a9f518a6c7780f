#!/bin/sh
# Upper case by Hadoop Streaming, for text that is in HDFS: hadoop.sh INPUT OUTPUT
# (folders there). Not tested: only the mapper is, by hand.
#
# Hadoop cuts the input at lines itself, and puts what a task wrote in its place
# when that has ended with status 0; so the mapper is the plain filter. All of a
# line is key, whatever the number of tabs, with nothing behind it (a tab would be
# put there). A carriage return is lost: Hadoop takes it, too, for the end of a line
# of what a task writes, and no property tells it otherwise; one inside of a line
# cuts that in two. Hadoop makes again whatever failed, up to
# mapreduce.map.maxattempts times.
set -eu
exec hadoop jar "$HADOOP_HOME"/share/hadoop/tools/lib/hadoop-streaming-*.jar \
	-D mapreduce.job.name=upcase \
	-D mapreduce.job.reduces=0 \
	-D stream.num.map.output.key.fields=1000000000 \
	-D mapreduce.output.textoutputformat.separator= \
	-D stream.non.zero.exit.is.failure=true \
	-files "$(command -v upcase-pipe)" \
	-mapper './upcase-pipe -q --no-decompress --encoding=none' \
	-input "$1" -output "$2"
