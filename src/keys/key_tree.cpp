#include "hitless/keys/key_tree.hpp"

#include "hitless/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace hitless::keys {
namespace {

using Map = KeyTree::Map;
using Iterator = Map::const_iterator;

/// What the keys below a directory begin with.
std::string below(std::string_view directory) {
    std::string prefix(directory);
    if (directory != "/")
        prefix += '/';
    return prefix;
}

/// The end of the keys that begin with `prefix`, which ends in a slash. In byte order the subtree
/// of
/// "/a" isn't what follows "/a" ("/a-b" comes between), but its inside, "/a/…", is in one piece,
/// and '0' is the character after '/'.
Iterator end_of(const Map& entries, std::string_view prefix) {
    std::string end(prefix);
    end.back() = '/' + 1;
    return entries.lower_bound(end);
}

/// Walks the next path elements below a directory, from child to child: a subtree costs one search.
class Children {
  public:
    /// The children of `prefix`, which ends in a slash, whose names begin with `start`.
    Children(const Map& entries, std::string prefix, std::string_view start = {})
        : entries_(entries),
          prefix_(std::move(prefix)),
          start_(prefix_ + std::string(start)),
          at_(entries.lower_bound(start_)) {
        read_name();
    }

    [[nodiscard]] bool done() const { return done_; }
    [[nodiscard]] std::string_view name() const { return name_; }

    /// True when the child is a directory, false when it is a key.
    [[nodiscard]] bool is_directory() const {
        return at_->first.size() > prefix_.size() + name_.size();
    }

    /// The child's key, or the first one below it.
    [[nodiscard]] Iterator entry() const { return at_; }

    void next() {
        if (!is_directory()) {
            ++at_;
        } else {
            end_.assign(at_->first, 0, prefix_.size() + name_.size());
            end_ += static_cast<char>('/' + 1);
            at_ = entries_.lower_bound(end_);
        }
        read_name();
    }

  private:
    void read_name() {
        done_ = at_ == entries_.end() || !at_->first.starts_with(start_);
        if (done_)
            return;
        name_ = std::string_view(at_->first).substr(prefix_.size());
        name_ = name_.substr(0, name_.find('/'));
    }

    const Map& entries_;
    std::string prefix_;
    std::string start_;
    Iterator at_;
    bool done_ = false;
    std::string_view name_;
    std::string end_; ///< kept for its memory
};

/// Adds the keys below `prefix` that match the elements, in byte order.
void match_below(const Map& entries, const std::string& prefix,
                 std::span<const Pattern::Element> elements, std::vector<Iterator>& found) {
    const Pattern::Element& element = elements.front();
    const bool is_last = elements.size() == 1;
    if (element.text.empty() && !is_last)
        return match_below(entries, prefix + element.literal + '/', elements.subspan(1), found);
    if (element.text.empty()) {
        if (const auto key = entries.find(prefix + element.literal); key != entries.end())
            found.push_back(key);
        return;
    }
    const bool is_any = element.text == "*";
    for (Children child(entries, prefix, element.literal); !child.done(); child.next()) {
        if (child.is_directory() == is_last || !(is_any || matches(element.text, child.name())))
            continue;
        if (is_last)
            found.push_back(child.entry());
        else
            match_below(entries, fmt::format("{}{}/", prefix, child.name()), elements.subspan(1),
                        found);
    }
}

/// For patterns that elements can't express: whatever begins with the literal prefix is tried.
std::vector<Iterator> match_each(const Map& entries, const Pattern& pattern) {
    std::vector<Iterator> found;
    for (auto entry = entries.lower_bound(pattern.prefix());
         entry != entries.end() && entry->first.starts_with(pattern.prefix()); ++entry) {
        if (pattern.matches(entry->first))
            found.push_back(entry);
    }
    return found;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
    // Keys come in another order than names: "/a-b" before "/a/x".
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

/// The entries of the subtree at `root`, in byte order.
std::vector<Iterator> subtree(const Map& entries, std::string_view root) {
    std::vector<Iterator> found;
    if (const auto self = entries.find(root); self != entries.end())
        found.push_back(self);
    const std::string prefix = below(root);
    const auto end = end_of(entries, prefix);
    for (auto entry = entries.lower_bound(prefix); entry != end; ++entry)
        found.push_back(entry);
    return found;
}

} // namespace

bool KeyTree::apply(const Event& event) {
    return event.exact ? apply_exact(event) : apply_tree(event);
}

bool KeyTree::apply_exact(const Event& event) {
    if (event.kind == Event::Kind::remove)
        return remove(event.key);
    const auto [entry, is_new] = entries_.try_emplace(event.key, event.value);
    if (!is_new && entry->second == event.value)
        return false;
    entry->second = event.value;
    note(event.key);
    if (is_new)
        keys_revision_ = revision();
    return true;
}

bool KeyTree::apply_tree(const Event& event) {
    const std::string prefix = below(event.key);
    const auto first = entries_.lower_bound(prefix);
    const auto last = end_of(entries_, prefix);
    const bool had_children = first != last;
    for (auto entry = first; entry != last; ++entry)
        note(entry->first);
    entries_.erase(first, last);
    if (had_children)
        keys_revision_ = revision();
    if (event.kind == Event::Kind::remove)
        return remove(event.key) || had_children;
    const bool is_new = !entries_.contains(event.key);
    const bool differs = apply_exact(event);
    if (!is_new)
        return differs || had_children;
    std::string_view parent = event.key;
    while (parent.rfind('/') != 0 && parent.rfind('/') != std::string_view::npos) {
        parent = parent.substr(0, parent.rfind('/'));
        remove(parent);
    }
    return true;
}

bool KeyTree::remove(std::string_view key) {
    const auto found = entries_.find(key);
    if (found == entries_.end())
        return false;
    note(found->first);
    entries_.erase(found);
    keys_revision_ = revision();
    return true;
}

void KeyTree::note(const std::string& key) {
    constexpr std::size_t most = 10'000;
    if (changed_.size() == most) {
        forgotten_ += most;
        changed_.clear();
    }
    changed_.push_back(key);
}

std::optional<std::span<const std::string>> KeyTree::changed_since(std::uint64_t revision) const {
    if (revision < forgotten_ || revision > this->revision())
        return std::nullopt;
    return std::span(changed_).subspan(revision - forgotten_);
}

std::vector<Event> KeyTree::replace(std::string_view root, const std::vector<Entry>& entries) {
    Map wanted;
    for (const Entry& entry : entries) {
        if (is_within(entry.key, root))
            wanted.insert_or_assign(entry.key, entry.value);
    }
    std::vector<Event> events;
    for (const Iterator entry : subtree(entries_, root)) {
        if (!wanted.contains(entry->first))
            events.push_back({Event::Kind::remove, entry->first, {}, true});
    }
    for (const Event& event : events)
        apply_exact(event);
    for (const auto& [key, value] : wanted) {
        Event put{Event::Kind::put, key, value, true};
        if (apply_exact(put))
            events.push_back(std::move(put));
    }
    return events;
}

const std::string* KeyTree::find(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
}

std::vector<KeyTree::Map::const_iterator> KeyTree::match(std::string_view pattern) const {
    const auto parsed = Pattern::parse(std::string(pattern));
    return parsed ? match(*parsed) : std::vector<Iterator>();
}

std::vector<KeyTree::Map::const_iterator> KeyTree::match(const Pattern& pattern) const {
    if (pattern.elements().empty())
        return match_each(entries_, pattern);
    std::vector<Iterator> found;
    match_below(entries_, pattern.directory(), pattern.elements(), found);
    return found;
}

std::vector<std::string> KeyTree::children(std::string_view directory) const {
    std::vector<std::string> names;
    if (entries_.contains(directory))
        names.emplace_back(base::base_name(directory));
    for (Children child(entries_, below(directory)); !child.done(); child.next())
        names.emplace_back(child.name());
    return sorted(std::move(names));
}

std::vector<std::string> KeyTree::directories(std::string_view directory) const {
    std::vector<std::string> names;
    for (Children child(entries_, below(directory)); !child.done(); child.next()) {
        if (child.is_directory())
            names.emplace_back(child.name());
    }
    return sorted(std::move(names));
}

std::string clean(std::string_view path) {
    std::vector<std::string_view> elements;
    for (const std::string_view element : base::split(path, '/')) {
        if (element.empty() || element == ".")
            continue;
        if (element != "..")
            elements.push_back(element);
        else if (!elements.empty())
            elements.pop_back();
    }
    std::string cleaned;
    for (const std::string_view element : elements) {
        cleaned += '/';
        cleaned += element;
    }
    return cleaned.empty() ? "/" : cleaned;
}

bool is_within(std::string_view key, std::string_view root) {
    if (root == "/")
        return key.starts_with('/');
    return key.starts_with(root) && (key.size() == root.size() || key[root.size()] == '/');
}

} // namespace hitless::keys
