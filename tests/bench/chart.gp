# The chart of the benchmark; program.sh calls it, with LC_ALL=C.UTF-8.
#
#   gnuplot -e "values='bench.tsv'; chart='bench.svg'" chart.gp
#
# How fast each tool is beside cat, with four of the texts, and how fast
# upcase-pipe is beside others that read and write gzip. Everything is drawn on
# white, so that it looks the same on a dark page.

set encoding utf8
set terminal svg size 1120,1160 dynamic background rgb 'white' \
	font 'Helvetica,Arial,DejaVu Sans,sans-serif,15'
set output chart
set datafile separator '\t'

texts = 'log german russian japanese'
titles = '"log, ASCII" German Russian Japanese'
greys = '#4d5560 #7d8794 #a9b2bd #d3d9e0' # the others
blues = '#0b3d91 #2f6fd0 #6fa3ea #b3cff7' # upcase-pipe
ink = '#24292f'
pale = '#59636e'
width = 0.19 # of a bar; a tool has the place of 1

# The bars of a work and a text: each tool has a place, by its number in the
# list, whether it was measured or not. Column 13 is the time by the
# reference's, 14 a failure.
bars(work, text, tools) = sprintf( \
	"< awk -F '\t' -v work=%s -v text=%s -v tools='%s' '" . \
	"BEGIN { n = split(tools, name, \",\"); " . \
	"for (i = 1; i <= n; i++) place[name[i]] = i } " . \
	"$1 == work && $2 == text && $14 == \"\" && $13 > 0 && " . \
	"($3 in place) { print place[$3] \"\t\" 1 / $13 }' '%s'", \
	work, text, tools, values)

# Where the bar of text t of n stands.
at(tool, t, n) = tool + (t - (n + 1) / 2.0) * width

set style fill solid 1.0 noborder
set boxwidth width * 0.92
set border 1 linecolor rgb '#8b949e'
set tics textcolor rgb ink nomirror scale 0
set grid ytics linecolor rgb '#d8dee4' linewidth 1 dashtype solid
set lmargin at screen 0.085
set rmargin at screen 0.98

set multiplot
set label 1 "{/:Bold=20 upcase-pipe beside other programs}" \
	at screen 0.025, 0.975 left textcolor rgb ink
set label 2 "higher is faster; tr, dd and mawk know ASCII letters only" \
	at screen 0.025, 0.951 left textcolor rgb pale
set key at screen 0.98, 0.957 right top horizontal Left reverse samplen 1.2 \
	height 0.5 textcolor rgb ink
set label 3 at screen 0.025, 0.912 left textcolor rgb ink

# ------------------------------------------------------------- beside cat

set logscale y 10
set yrange [0.006:4]
set ytics ('1/100' 0.01, '1/30' 1.0 / 30, '1/10' 0.1, '1/3' 1.0 / 3, \
	'1' 1, '3' 3)
set xrange [0.4:10.6]
set xtics ('upcase-pipe' 1, 'cat' 2, 'tr a-z A-Z' 3, 'dd' 4, 'mawk' 5, \
	'perl' 6, 'python3' 7, 'gawk' 8, 'uconv' 9, 'sed' 10)
filters = 'upcase-pipe,cat,tr,dd,mawk,perl,python3,gawk,uconv,sed'

do for [k = 1:2] {
	work = word('file pipe', k)
	name = word('"a file to a file" "between two pipes"', k)
	top = word('0.89 0.565', k) + 0
	set tmargin at screen top
	set bmargin at screen top - 0.225
	set label 3 sprintf('{/:Bold %s}, speed by cat''s (logarithmic)', name) \
		at screen 0.025, top + 0.022
	# Grey ones first; the blue ones cover those of upcase-pipe.
	plot for [t = 1:4] bars(work, word(texts, t), filters) \
			using (at($1, t, 4)):2 with boxes \
			linecolor rgb word(greys, t) title word(titles, t), \
		for [t = 1:4] bars(work, word(texts, t), 'upcase-pipe') \
			using (at($1, t, 4)):2 with boxes \
			linecolor rgb word(blues, t) notitle, \
		1 with lines linecolor rgb ink linewidth 1.2 notitle
	unset key
	unset label 1
	unset label 2
}

# ------------------------------------------------------------------- gzip

unset logscale y
set yrange [0:*]
set ytics autofreq
set xrange [0.4:7.1]
set tmargin at screen 0.24
set bmargin at screen 0.05
set label 3 '{/:Bold gzip to gzip, level 6}, speed by pigz''s' \
	at screen 0.025, 0.262
set label 4 '{/:Bold level 1}, speed by igzip''s' \
	at first 5.55, screen 0.262 left textcolor rgb ink
set xtics ('upcase-pipe' 1, 'without libdeflate' 2, 'pigz | tr | pigz' 3, \
	'bgzip | tr | bgzip' 4, 'gzip | tr | gzip' 5, 'upcase-pipe' 5.9, \
	'igzip | tr | igzip' 6.7)
six = 'upcase-pipe,upcase-pipe (zlib),pigz,bgzip,gzip'
plot for [t = 1:3] bars('gzip6', word(texts, t), six) \
		using (at($1, t, 3)):2 with boxes \
		linecolor rgb word(greys, t), \
	for [t = 1:3] bars('gzip6', word(texts, t), \
		'upcase-pipe,upcase-pipe (zlib)') \
		using (at($1, t, 3)):2 with boxes \
		linecolor rgb word(blues, t), \
	for [t = 1:3] bars('gzip1', word(texts, t), 'upcase-pipe') \
		using (at(5.9, t, 3)):2 with boxes \
		linecolor rgb word(blues, t), \
	for [t = 1:3] bars('gzip1', word(texts, t), 'upcase-pipe') \
		using (at(6.7, t, 3)):(1) with boxes \
		linecolor rgb word(greys, t), \
	1 with lines linecolor rgb ink linewidth 1.2
unset multiplot
