#pragma once

#include "hitless/haproxy/pattern_file.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string_view>
#include <vector>

namespace hitless::haproxy {

/// The entries of a map file or an ACL file, in order, in chunks that never change. When a line of
/// a large file changes, the new list shares all other chunks with the one before, so that making
/// and comparing it costs little. Copies share all of them.
class EntryList {
  public:
    /// Entries that follow each other: some hundreds.
    struct Chunk {
        PatternEntries entries;
        std::vector<std::size_t> hashes; ///< of each entry's key: see hash_of()
        /// Each value that is there, once, in no order. They are the entries' own.
        std::vector<std::string_view> values;
        std::size_t bytes = 0; ///< of the lines that it was read from; 0: it comes from no text
    };
    using ChunkPtr = std::shared_ptr<const Chunk>;

    class Iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = PatternEntry;
        using difference_type = std::ptrdiff_t;
        using pointer = const PatternEntry*;
        using reference = const PatternEntry&;

        Iterator() = default;
        reference operator*() const { return (*chunk_)->entries[at_]; }
        pointer operator->() const { return &**this; }
        Iterator& operator++();
        Iterator operator++(int);
        friend bool operator==(const Iterator&, const Iterator&) = default;

      private:
        friend EntryList;
        Iterator(const ChunkPtr* chunk, const ChunkPtr* end) : chunk_(chunk), end_(end) {
            skip_empty();
        }
        void skip_empty();

        const ChunkPtr* chunk_ = nullptr;
        const ChunkPtr* end_ = nullptr;
        std::size_t at_ = 0;
    };

    EntryList() = default;
    /// What HAProxy has shown, say.
    explicit EntryList(PatternEntries entries);
    /// Of the text of a file: see read_pattern_file().
    EntryList(FileUse::Kind kind, std::string_view text);

    /// The same as EntryList(kind, text). `*this` was read from `before`, as the same kind: only
    /// the lines that differ are read.
    [[nodiscard]] EntryList read_again(FileUse::Kind kind, std::string_view before,
                                       std::string_view text) const;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] Iterator begin() const { return {first(), last()}; }
    [[nodiscard]] Iterator end() const { return {last(), last()}; }
    [[nodiscard]] const std::vector<ChunkPtr>& chunks() const { return chunks_; }

    static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

    friend bool operator==(const EntryList& one, const EntryList& other);

  private:
    void add(ChunkPtr chunk);
    void add_lines(FileUse::Kind kind, std::string_view text);
    [[nodiscard]] const ChunkPtr* first() const { return chunks_.data(); }
    [[nodiscard]] const ChunkPtr* last() const { return chunks_.data() + chunks_.size(); }

    std::vector<ChunkPtr> chunks_;
    std::size_t size_ = 0;
};

/// How many chunks two lists share.
struct CommonChunks {
    std::size_t front = 0; ///< at their begins
    std::size_t back = 0;  ///< of the others, at their ends
};
[[nodiscard]] CommonChunks common_chunks(const EntryList& one, const EntryList& other);

} // namespace hitless::haproxy
