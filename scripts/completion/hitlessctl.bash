# Completion of hitlessctl in bash: commands, flags, and the backends and servers that run now.
# hitlessctl itself says what may come next; without a HAProxy there are only no names.
# shellcheck shell=bash

_hitlessctl() {
  local cur words cword
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n '=:' cur words cword
  else
    cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
  fi
  COMPREPLY=()
  local found=()
  mapfile -t found < <("${words[0]/#\~/$HOME}" complete -- "${words[@]:1:cword-1}" "$cur" 2>/dev/null)
  [ ${#found[@]} -gt 0 ] || return 0
  if [ "${found[0]}" = ":files" ]; then
    compopt -o default 2>/dev/null
    return 0
  fi

  # Readline puts the reply in the place of what follows the last of these.
  local given=$cur
  [[ $COMP_WORDBREAKS == *:* ]] || given=${given//:/}
  [[ $COMP_WORDBREAKS == *=* ]] || given=${given//=/}
  local fixed=""
  [[ $given != *[=:]* ]] || fixed=${cur%"${cur##*[=:]}"}
  local word whole=no
  for word in "${found[@]}"; do
    COMPREPLY+=("${word#"$fixed"}")
    [[ $word == */ ]] || whole=yes
  done
  [ $whole = yes ] || compopt -o nospace 2>/dev/null
}

complete -F _hitlessctl hitlessctl
