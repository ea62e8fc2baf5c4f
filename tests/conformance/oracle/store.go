package main

import (
	"fmt"
	"oracle/memkv"
	"path"
	"sort"
	"strings"
)

type pair = memkv.KVPair
type pairs = memkv.KVPairs

// store answers the template functions over the keys.
type store interface {
	get(key string) (string, bool)
	// match gives the pairs whose keys match a pattern, sorted by key.
	match(pattern string) (pairs, error)
	// children gives the next path element of the keys below a directory, sorted, each once; with
	// onlyDirectories those that have something below them.
	children(directory string, onlyDirectories bool) []string
}

// nameIn gives the name under which confd lists a key in a directory. The directory's path is compared
// cleaned and taken off the key uncleaned, and below the root only plain keys are found.
func nameIn(directory, key string, onlyDirectories bool) (string, bool) {
	if key == directory && !onlyDirectories {
		return path.Base(key), true
	}
	inside, parent := path.Clean(directory), path.Dir(key)
	if parent != inside && (inside == "/" || !strings.HasPrefix(parent, inside+"/")) {
		return "", false
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(key, directory), "/")
	if onlyDirectories {
		if parent == inside || !strings.HasPrefix(key, directory) {
			return "", false
		}
		rest = parent[len(inside)+1:]
	}
	name, _, _ := strings.Cut(rest, "/")
	return name, true
}

func sorted(set map[string]bool) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// scanningStore looks at every key for every question, as confd 0.16 does.
type scanningStore map[string]string

func (s scanningStore) get(key string) (string, bool) {
	value, ok := s[key]
	return value, ok
}

func (s scanningStore) match(pattern string) (pairs, error) {
	found := pairs{}
	for key, value := range s {
		ok, err := path.Match(pattern, key)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, pair{Key: key, Value: value})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Key < found[j].Key })
	return found, nil
}

func (s scanningStore) children(directory string, onlyDirectories bool) []string {
	names := map[string]bool{}
	for key := range s {
		if name, ok := nameIn(directory, key, onlyDirectories); ok {
			names[name] = true
		}
	}
	return sorted(names)
}

// sortedStore keeps the keys in order and looks only at those that a question is about.
type sortedStore struct {
	keys   []string
	values map[string]string
}

func newSortedStore(values map[string]string) *sortedStore {
	s := &sortedStore{values: values}
	for key := range values {
		s.keys = append(s.keys, key)
	}
	sort.Strings(s.keys)
	return s
}

func (s *sortedStore) get(key string) (string, bool) {
	value, ok := s.values[key]
	return value, ok
}

// within gives the keys that begin with prefix.
func (s *sortedStore) within(prefix string) []string {
	begin := sort.SearchStrings(s.keys, prefix)
	count := sort.Search(len(s.keys)-begin, func(i int) bool {
		return !strings.HasPrefix(s.keys[begin+i], prefix)
	})
	return s.keys[begin : begin+count]
}

func (s *sortedStore) match(pattern string) (pairs, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	prefix := pattern
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		prefix = pattern[:i]
	}
	found := pairs{}
	for _, key := range s.within(prefix) {
		ok, err := path.Match(pattern, key)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, pair{Key: key, Value: s.values[key]})
		}
	}
	return found, nil
}

func (s *sortedStore) children(directory string, onlyDirectories bool) []string {
	names := map[string]bool{}
	if _, ok := s.values[directory]; ok && !onlyDirectories {
		names[path.Base(directory)] = true
	}
	for _, key := range s.within(strings.TrimSuffix(path.Clean(directory), "/") + "/") {
		if name, ok := nameIn(directory, key, onlyDirectories); ok {
			names[name] = true
		}
	}
	return sorted(names)
}

func missing(key string) error {
	return fmt.Errorf("key does not exist: %s", key)
}
