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

/// The number and the place of a server that is added.
struct Place {
    long id = 0;              ///< the `id` for `add server`; 0: HAProxy chooses
    std::size_t position = 0; ///< HAProxy puts it behind all others
};

/// Chooses numbers for servers that are added to a backend, so that, as far as possible, requests
/// go to the same servers as in a process that is started from the file.
class Placement {
  public:
    /// Both must outlive this.
    Placement(const BackendFacts& backend, const haproxy::Section& section);

    /// The place of a server of the file that HAProxy doesn't have yet; from now on it counts as
    /// added. The error says why it can't be added. Servers are to be placed in the order of their
    /// lines.
    Result<Place> place(const haproxy::Server& server);

    /// The place of a stand-in, which is deleted soon.
    Place place_for_a_while();

    /// Why the server, if it were added now, would not stand where the file has it; nullopt: it
    /// would, or its place doesn't matter.
    [[nodiscard]] std::optional<std::string> loses_order(const haproxy::Server& server) const;

    /// A server whose number differs from the one that a process started from the file would give
    /// it, after all additions so far; nullopt: there is none.
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
    bool numbers_are_unknown_ = false; ///< of servers that aren't in file_ids_
    std::unordered_set<long> numbers_of_file_;
    std::unordered_map<std::string, long> placed_; ///< server → its number
    std::unordered_set<long> used_;                ///< by servers that are there
    std::size_t next_position_ = 0;
};

} // namespace hitless::plan
