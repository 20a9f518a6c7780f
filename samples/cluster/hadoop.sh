#!/bin/sh
# Upper case by Hadoop Streaming, for text that is in HDFS: hadoop.sh INPUT OUTPUT
# (folders there). Not tested: only the mapper is, by hand.
#
# Hadoop cuts the input at lines itself, and puts what a task wrote in its place
# when that has ended with status 0; so the mapper is the plain filter. What Hadoop
# does to lines has to be kept from it: only a newline ends one (a carriage return
# would, too, and be lost), and all of it is key, whatever the number of tabs, with
# nothing behind it (a tab would be put there). It makes again whatever failed, up
# to mapreduce.map.maxattempts times.
set -eu
exec hadoop jar "$HADOOP_HOME"/share/hadoop/tools/lib/hadoop-streaming-*.jar \
	-D mapreduce.job.name=upcase \
	-D mapreduce.job.reduces=0 \
	-D textinputformat.record.delimiter='
' \
	-D stream.num.map.output.key.fields=1000000000 \
	-D mapreduce.output.textoutputformat.separator= \
	-D stream.non.zero.exit.is.failure=true \
	-files "$(command -v upcase-pipe)" \
	-mapper './upcase-pipe -q --no-decompress --encoding=none' \
	-input "$1" -output "$2"
