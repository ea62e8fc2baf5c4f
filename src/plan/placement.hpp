#pragma once

#include "hitless/base/result.hpp"

#include "plan/backend_facts.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace hitless::plan {

/// Where a new server is among the others of its backend.
struct Place {
    long id = 0;              ///< what `add server` is to give it; 0: HAProxy chooses
    std::size_t position = 0; ///< behind all that are there
};

/// Finds places for servers that are added to a backend, such that requests go where those of a
/// process that is started from the file would go, as far as that can be had.
class Placement {
  public:
    /// Both must outlive this.
    Placement(const BackendFacts& backend, const haproxy::Section& section);

    /// The place of a server of the file, which isn't there yet and is from then on; the error says
    /// why it can't have one. Several are to be placed in the order of their lines.
    Result<Place> place(const haproxy::Server& server);

    /// The place of a server that is there for a while only.
    Place place_for_a_while();

    /// Why the server would not have its place of the file if it were added now; nullopt: it would.
    [[nodiscard]] std::optional<std::string> loses_order(const haproxy::Server& server) const;

    /// A server that has another number than after a fresh start, by what is placed so far;
    /// nullopt: none has.
    [[nodiscard]] std::optional<std::string_view> misnumbered() const;

  private:
    void number_lines();
    [[nodiscard]] Result<long> number_for(std::string_view server) const;
    [[nodiscard]] Result<long> number_between_neighbours(std::string_view server) const;
    /// The lowest number from `least` on that neither a server that is there nor the file has.
    [[nodiscard]] long free_number(long least) const;
    [[nodiscard]] bool is_there(std::string_view server) const;
    Place take(long id);

    const BackendFacts& backend_;
    const haproxy::Section& section_;
    /// The numbers that servers of the file have in a process that is started from it. Empty where
    /// they don't matter.
    std::unordered_map<std::string_view, long> file_ids_;
    bool numbers_are_unknown_ = false; ///< of servers that have none there
    std::unordered_set<long> numbers_of_file_;
    std::unordered_map<std::string, long> placed_; ///< server → its number
    std::unordered_set<long> used_;                ///< by servers that are there
    std::size_t next_position_ = 0;
};

} // namespace hitless::plan
