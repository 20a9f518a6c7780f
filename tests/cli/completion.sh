#!/bin/bash
# completion.sh - the completion files, in the shells that they are for: the same
# options as --help has, and their arguments as the program takes them.
#
# shellcheck disable=SC2317,SC2015,SC2016 # checks are called by name, `A && B ||
# { report; }` is meant as it is, the shells' own words stand in single quotes
. "$(dirname "$0")/lib.sh" || exit 1

files=$root/src/cli/completion
export HOME=$tmp/home XDG_CONFIG_HOME=$tmp/home XDG_DATA_HOME=$tmp/home TERM=xterm
mkdir "$tmp/home"
shells=()
for shell in bash zsh fish; do
	if have $shell; then
		shells+=("$shell")
	else
		skip "$shell completes what --help has" "no $shell"
	fi
done
[ ${#shells[@]} -gt 0 ] || skip_all "none of bash, zsh and fish is here"
mkdir bin && ln -s "$UPCASE_PIPE" bin/upcase-pipe
PATH=$PWD/bin:$PATH

# --- what each shell offers, a line each ------------------------------------------

# offers_SHELL LINE: for a line that TAB is pressed behind.
offers_bash() {
	bash --norc --noprofile -c '
		. "$1" || exit
		complete -p upcase-pipe >/dev/null || exit
		# As readline cuts words: "=" is one.
		read -ra COMP_WORDS <<<"${2//=/ = }"
		[[ $2 != *[[:blank:]=] ]] || COMP_WORDS+=("")
		[[ $2 != *= ]] || unset "COMP_WORDS[-1]"
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_upcase_pipe upcase-pipe 2>/dev/null
		printf "%s\n" "${COMPREPLY[@]}"' bash "$files/upcase-pipe" "$1"
}
offers_fish() {
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
		"$files/upcase-pipe.fish" "$1" | cut -f 1 | sed 's/^--[a-z-]*=\(.\)/\1/'
}
# What goes to compadd in the end, since zsh offers nothing without a terminal.
offers_zsh() {
	rm -f offered
	cat >"$HOME/.zshrc" <<-END
		PROMPT='ready> '
		fpath=($files \$fpath)
		autoload -Uz compinit
		compinit -u -d $HOME/zcompdump
		compadd() {
			local -a words
			# These calls only look.
			if [[ \${argv[1,(i)(-|--)]} != *-[OAD]* ]]; then
				builtin compadd -O words "\$@"
				print -rl -- \$words >>$PWD/offered
			fi
			builtin compadd "\$@"
		}
		bindkey -e
	END
	LINE=$1 ZDOTDIR=$HOME expect -c '
		set timeout $env(UPCASE_PIPE_DEADLINE)
		log_user 0
		spawn -noecho zsh -d -i
		expect -ex "ready> "
		send -- "$env(LINE)\t\025exit\r"
		expect { eof {} timeout { exit 1 } }' || echo 'zsh: no end'
	sed '/^$/d' offered
}
export UPCASE_PIPE_DEADLINE=$deadline

# offers SHELL LINE: sorted, and without what is put behind a word.
offers() { "offers_$1" "$2" | sed 's/[= ]*$//; /^$/d' | sort -u; }

# offers_just SHELL LINE [WORD]...: these words and no others.
offers_just() {
	offers "$1" "$2" >offers
	printf '%s\n' "${@:3}" | sed '/^$/d' | sort -u >wanted
	same wanted offers
}

# --- checks -----------------------------------------------------------------------

run --help
grep -oE -- '--[a-z][a-z0-9-]*[a-z0-9]' "$out" | sort -u >options
mapfile -t options <options
# The words of an option are those that its message names: "(keep, replace or
# fail)"; whichever option has such words has them in the shells, too.
words_of() {
	run "$1=no such word"
	sed -n 's/.* (\(.*\))$/\1/p; q' "$err" | sed 's/, or .*//; s/,\| or / /g'
}
check "--help has options, and a message their words" \
	test ${#options[@]} -gt 30 -a "$(words_of --invalid)" = 'keep  replace fail'

# has_words OPTION: so many letters, and nothing else.
has_words() { [[ $(words_of "$1") =~ ^[a-z]+(\ +[a-z]+)+$ ]]; }
for option in "${options[@]}"; do
	! has_words "$option" || with_words+=("$option")
done
check "options with words are found" test ${#with_words[@]} -ge 6

for shell in "${shells[@]}"; do
	if [ "$shell" = zsh ] && ! have expect; then
		skip "zsh completes what --help has" "no expect"
		continue
	fi
	check "$shell completes the options that --help has" \
		offers_just "$shell" 'upcase-pipe --' "${options[@]}"
	check "$shell completes an option by its beginning, behind a FILE, too" \
		offers_just "$shell" 'upcase-pipe a --enc' --encoding
	for option in "${with_words[@]}"; do
		read -ra words <<<"$(words_of "$option")"
		check "$shell completes the words of $option" \
			offers_just "$shell" "upcase-pipe $option=" "${words[@]}"
	done
	check "$shell completes the words of -m" \
		offers_just "$shell" 'upcase-pipe -m ' full simple ascii
	check "$shell completes the levels of gzip" \
		offers_just "$shell" 'upcase-pipe --gzip=' {1..9}
	check "$shell completes encodings" \
		offers_just "$shell" 'upcase-pipe -E au' auto
	check "$shell knows nothing of other arguments" \
		offers_just "$shell" 'upcase-pipe --prompt='
done

# --- as a person does it ----------------------------------------------------------

# types SHELL KEYS WORD...: the line that comes of it has these words.
types() {
	local start=()
	case $1 in
	bash) start=(bash --norc --noprofile -i) ;;
	zsh) start=(zsh -d -i) ;;
	fish) start=(fish -i) ;;
	esac
	cat >"$HOME/.zshrc" <<-END
		PROMPT='ready> '
		fpath=($files \$fpath)
		autoload -Uz compinit
		compinit -u -d $HOME/zcompdump
		bindkey -e
	END
	mkdir -p "$HOME/fish"
	cat >"$HOME/fish/config.fish" <<-END
		function fish_prompt; echo 'ready> '; end
		function fish_greeting; end
		source $files/upcase-pipe.fish
	END
	cat >show <<-'END'
		#!/bin/sh
		printf '<%s>' "$@" >shown.new && mv shown.new shown
	END
	chmod +x show
	rm -f shown
	# In front of the line comes what shows its words.
	SHELL_IS=$1 KEYS=$2 FILE=$files/upcase-pipe ZDOTDIR=$HOME PS1='ready> ' \
		expect -c '
		set timeout $env(UPCASE_PIPE_DEADLINE)
		log_user 0
		eval spawn -noecho '"${start[*]}"'
		expect -ex "ready> "
		if {$env(SHELL_IS) eq "bash"} {
			send -- ". $env(FILE)\r"
			expect -ex "ready> "
		}
		send -- "$env(KEYS)\001./show \r"
		expect -ex "ready> "
		send -- "exit\r"
		expect { eof {} timeout { exit 1 } }' || echo "$1: no end"
	printf '<%s>' "${@:3}" >wanted
	same wanted shown
}
mkdir folder && : >folder/text-file && : >another
if have expect; then
	for shell in "${shells[@]}"; do
		check "$shell: TAB ends an option" types "$shell" \
			$'upcase-pipe --verb\t' upcase-pipe --verbose
		check "$shell: and its argument" types "$shell" \
			$'upcase-pipe --mapping=s\t' upcase-pipe --mapping=simple
		check "$shell: an output is a file" types "$shell" \
			$'upcase-pipe -o fol\tte\t' upcase-pipe -o folder/text-file
		check "$shell: so is one that is attached" types "$shell" \
			$'upcase-pipe --output=ano\t' upcase-pipe --output=another
		check "$shell: so is an input" types "$shell" \
			$'upcase-pipe --verbose ano\t' upcase-pipe --verbose another
	done
else
	skip "TAB ends an option" "no expect"
fi

finish
