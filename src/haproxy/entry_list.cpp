#include "hitless/haproxy/entry_list.hpp"

#include "hitless/base/text.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <utility>

namespace hitless::haproxy {
namespace {

/// Few enough that reading one chunk costs little, and so many that there are few chunks.
constexpr std::size_t most_in_chunk = 512;

EntryList::ChunkPtr make_chunk(PatternEntries entries, std::size_t bytes) {
    auto chunk = std::make_shared<EntryList::Chunk>();
    chunk->entries = std::move(entries);
    chunk->bytes = bytes;
    chunk->hashes.reserve(chunk->entries.size());
    boost::unordered_flat_set<std::string_view> values;
    for (const PatternEntry& entry : chunk->entries) {
        chunk->hashes.push_back(EntryList::hash_of(entry.key));
        values.insert(entry.value);
    }
    chunk->values.assign(values.begin(), values.end());
    return chunk;
}

/// Where the line behind the first `count` of them begins.
std::size_t behind_lines(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; count > 0 && at < text.size(); --count)
        at = std::min(text.find('\n', at), text.size() - 1) + 1;
    return at;
}

} // namespace

EntryList::Iterator& EntryList::Iterator::operator++() {
    ++at_;
    skip_empty();
    return *this;
}

EntryList::Iterator EntryList::Iterator::operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
}

void EntryList::Iterator::skip_empty() {
    for (; chunk_ != end_ && at_ == (*chunk_)->entries.size(); at_ = 0)
        ++chunk_;
}

EntryList::EntryList(PatternEntries entries) {
    for (std::size_t at = 0; at < entries.size(); at += most_in_chunk) {
        const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(most_in_chunk, entries.size() - at);
        add(make_chunk({std::make_move_iterator(begin),
                        std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count))},
                       0));
    }
}

EntryList::EntryList(FileUse::Kind kind, std::string_view text) {
    add_lines(kind, text);
}

/// In chunks of much the same size, so that each has room when lines come one by one.
void EntryList::add_lines(FileUse::Kind kind, std::string_view text) {
    const auto all = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    const std::size_t chunks = (all + most_in_chunk - 1) / most_in_chunk;
    while (!text.empty()) {
        const std::string_view lines = text.substr(0, behind_lines(text, all / chunks + 1));
        text.remove_prefix(lines.size());
        add(make_chunk(read_pattern_file(kind, lines), lines.size()));
    }
}

void EntryList::add(ChunkPtr chunk) {
    size_ += chunk->entries.size();
    chunks_.push_back(std::move(chunk));
}

EntryList EntryList::read_again(FileUse::Kind kind, std::string_view before,
                                std::string_view text) const {
    const std::size_t same_front = base::common_prefix(before, text);
    const std::size_t same_back =
        base::common_suffix(before.substr(same_front), text.substr(same_front));
    EntryList list;
    list.chunks_.reserve(chunks_.size() + 2);
    // A chunk whose last line has no end may go on.
    auto chunk = chunks_.begin();
    std::size_t front = 0;
    for (; chunk != chunks_.end() && front + (*chunk)->bytes <= same_front; ++chunk) {
        if (before[front + (*chunk)->bytes - 1] != '\n')
            break;
        front += (*chunk)->bytes;
        list.add(*chunk);
    }
    // Nor may one whose first line has another begin now: the line break before it is the same.
    auto rest = chunks_.end();
    std::size_t back = 0;
    while (rest != chunk && back + (*std::prev(rest))->bytes < same_back)
        back += (*--rest)->bytes;
    list.add_lines(kind, text.substr(front, text.size() - back - front));
    for (; rest != chunks_.end(); ++rest)
        list.add(*rest);
    return list;
}

bool operator==(const EntryList& one, const EntryList& other) {
    const CommonChunks common = common_chunks(one, other);
    if (one.size() != other.size())
        return false;
    const auto rest = [&](const EntryList& list) {
        EntryList own;
        for (std::size_t i = common.front; i < list.chunks_.size() - common.back; ++i)
            own.add(list.chunks_[i]);
        return own;
    };
    const EntryList mine = rest(one);
    const EntryList others = rest(other);
    return std::equal(mine.begin(), mine.end(), others.begin(), others.end());
}

CommonChunks common_chunks(const EntryList& one, const EntryList& other) {
    const auto& mine = one.chunks();
    const auto& others = other.chunks();
    CommonChunks common;
    const std::size_t shorter = std::min(mine.size(), others.size());
    while (common.front < shorter && mine[common.front] == others[common.front])
        ++common.front;
    while (common.front + common.back < shorter &&
           mine[mine.size() - 1 - common.back] == others[others.size() - 1 - common.back])
        ++common.back;
    return common;
}

} // namespace hitless::haproxy
