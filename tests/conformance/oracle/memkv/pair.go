// Package memkv is named so that messages name the pair's type as those of confd do.
package memkv

// KVPair is what get and gets give.
type KVPair struct {
	Key   string
	Value string
}
