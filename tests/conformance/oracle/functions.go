package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// functions are confd's template functions as its documentation describes them.
func functions(s store) template.FuncMap {
	all := template.FuncMap{
		"base":           path.Base,
		"dir":            path.Dir,
		"split":          strings.Split,
		"join":           strings.Join,
		"replace":        strings.Replace,
		"contains":       strings.Contains,
		"trimSuffix":     strings.TrimSuffix,
		"toUpper":        strings.ToUpper,
		"toLower":        strings.ToLower,
		"json":           parseObject,
		"jsonArray":      parseArray,
		"map":            makeMap,
		"getenv":         getenv,
		"datetime":       time.Now,
		"lookupIP":       func(host string) []string { return lookup(host, func(net.IP) bool { return true }) },
		"lookupIPV4":     func(host string) []string { return lookup(host, isIPv4) },
		"lookupIPV6":     func(host string) []string { return lookup(host, func(ip net.IP) bool { return !isIPv4(ip) }) },
		"lookupSRV":      lookupSRV,
		"fileExists":     fileExists,
		"base64Encode":   func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) },
		"base64Decode":   decodeBase64,
		"parseBool":      strconv.ParseBool,
		"reverse":        reverse,
		"sortByLength":   sortByLength,
		"sortKVByLength": sortPairsByLength,
		"add":            func(a, b int) int { return a + b },
		"sub":            func(a, b int) int { return a - b },
		"mul":            func(a, b int) int { return a * b },
		"div":            func(a, b int) int { return a / b },
		"mod":            func(a, b int) int { return a % b },
		"seq":            sequence,
		"atoi":           strconv.Atoi,
	}
	for name, function := range keyFunctions(s) {
		all[name] = function
	}
	return all
}

func keyFunctions(s store) template.FuncMap {
	return template.FuncMap{
		"exists": func(key string) bool { _, ok := s.get(key); return ok },
		"get": func(key string) (pair, error) {
			value, ok := s.get(key)
			if !ok {
				return pair{}, missing(key)
			}
			return pair{Key: key, Value: value}, nil
		},
		"gets": s.match,
		"getv": func(key string, fallback ...string) (string, error) {
			value, ok := s.get(key)
			if !ok && len(fallback) > 0 {
				return fallback[0], nil
			}
			if !ok {
				return "", missing(key)
			}
			return value, nil
		},
		"getvs": func(pattern string) ([]string, error) {
			pairs, err := s.match(pattern)
			values := make([]string, 0, len(pairs))
			for _, p := range pairs {
				values = append(values, p.Value)
			}
			sort.Strings(values)
			return values, err
		},
		"ls":    func(directory string) []string { return s.children(directory, false) },
		"lsdir": func(directory string) []string { return s.children(directory, true) },
	}
}

func parseObject(text string) (map[string]interface{}, error) {
	var object map[string]interface{}
	err := json.Unmarshal([]byte(text), &object)
	return object, err
}

func parseArray(text string) ([]interface{}, error) {
	var array []interface{}
	err := json.Unmarshal([]byte(text), &array)
	return array, err
}

func makeMap(values ...interface{}) (map[string]interface{}, error) {
	if len(values)%2 != 0 {
		return nil, errors.New("map needs a value for every key")
	}
	made := make(map[string]interface{}, len(values)/2)
	for i := 0; i < len(values); i += 2 {
		key, ok := values[i].(string)
		if !ok {
			return nil, errors.New("the keys of map must be strings")
		}
		made[key] = values[i+1]
	}
	return made, nil
}

func getenv(name string, fallback ...string) string {
	value := os.Getenv(name)
	if value == "" && len(fallback) > 0 {
		return fallback[0]
	}
	return value
}

func isIPv4(ip net.IP) bool {
	return ip.To4() != nil
}

func lookup(host string, wanted func(net.IP) bool) []string {
	var found []string
	addresses, err := net.LookupIP(host)
	if err != nil {
		return found
	}
	for _, address := range addresses {
		if wanted(address) {
			found = append(found, address.String())
		}
	}
	sort.Strings(found)
	return found
}

func lookupSRV(service, protocol, name string) []*net.SRV {
	_, records, err := net.LookupSRV(service, protocol, name)
	if err != nil {
		return []*net.SRV{}
	}
	return records
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func decodeBase64(text string) (string, error) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	return string(decoded), err
}

func reverse(values interface{}) interface{} {
	switch list := values.(type) {
	case []string:
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
	case []pair:
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
	}
	return values
}

func sortByLength(values []string) []string {
	sort.SliceStable(values, func(i, j int) bool { return len(values[i]) < len(values[j]) })
	return values
}

func sortPairsByLength(pairs []pair) []pair {
	sort.SliceStable(pairs, func(i, j int) bool { return len(pairs[i].Key) < len(pairs[j].Key) })
	return pairs
}

func sequence(first, last int) []int {
	var numbers []int
	for i := first; i <= last; i++ {
		numbers = append(numbers, i)
	}
	return numbers
}
