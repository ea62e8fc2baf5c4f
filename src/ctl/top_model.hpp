#pragma once

#include "ctl/top_rows.hpp"
#include "ctl/top_sample.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What `top` knows and what keys do to it: pure, without terminal, clock or HAProxy.
namespace hitless::ctl {

/// A key as the terminal has it.
struct TopKey {
    enum class Kind {
        character, ///< `letter`
        up,
        down,
        left,
        right,
        page_up,
        page_down,
        home,
        end,
        enter,
        escape,
        backspace,
        other,
    };
    Kind kind = Kind::other;
    char letter = '\0';
};

/// What the program has to do after a key.
struct TopAction {
    enum class Kind { none, quit, change };
    Kind kind = Kind::none;
    std::string backend;
    std::string server;
    std::string command;     ///< a runtime command that changes this server
    bool lifts_hold = false; ///< a hold of it ends
};

class TopModel {
  public:
    enum class Mode {
        list,
        help,
        filter, ///< the filter is being typed
        weight, ///< a weight is being typed
        confirm,
    };

    /// `source`: what HAProxy is called, as in "/run/haproxy/admin.sock".
    explicit TopModel(std::string source) : source_(std::move(source)) {}

    /// A look at HAProxy: rates come from the one before.
    void take(TopSample sample);
    /// HAProxy can't be reached. What was seen last stays.
    void lose(std::string why);
    /// A message at the bottom until the next key.
    void tell(std::string message, bool bad = false);
    TopAction press(TopKey key);
    /// How many rows the screen has for the list.
    void set_page(std::size_t rows);

    [[nodiscard]] Mode mode() const { return mode_; }
    [[nodiscard]] const std::string& source() const { return source_; }
    [[nodiscard]] const std::optional<TopSample>& sample() const { return sample_; }
    /// Why HAProxy can't be reached; empty when it can.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }
    [[nodiscard]] const TopChoice& choice() const { return choice_; }
    /// What is shown, from which row on, and which one is selected. Pointers into the sample.
    [[nodiscard]] std::span<const TopEntry* const> rows() const { return rows_; }
    [[nodiscard]] std::size_t first() const { return first_; }
    [[nodiscard]] std::size_t selected() const { return selected_; }
    [[nodiscard]] const TopEntry* selection() const;
    /// The line at the bottom: a question, a message, or empty.
    [[nodiscard]] std::string prompt() const;
    [[nodiscard]] bool is_bad_news() const { return bad_; }

  private:
    TopAction press_in_list(TopKey key);
    TopAction press_letter(char letter);
    TopAction press_at_question(TopKey key);
    void press_in_filter(TopKey key);
    void press_in_weight(TopKey key);
    bool move(TopKey::Kind kind);
    void fold(bool folded);
    void fold_all(bool folded);
    void sort_by(int step);
    void ask_for(const char* state);
    void ask_for_maint();
    void ask(std::string question, std::string command);
    bool has_server();
    void rebuild();
    void select(std::size_t row);

    std::string source_;
    std::optional<TopSample> sample_;
    std::string trouble_;
    TopChoice choice_;
    Mode mode_ = Mode::list;
    std::vector<const TopEntry*> rows_;
    std::size_t page_ = 1;
    std::size_t first_ = 0;
    std::size_t selected_ = 0;
    std::string filter_before_;
    std::string typed_; ///< a weight
    std::string message_;
    bool bad_ = false;
    TopAction pending_; ///< until it is confirmed
};

} // namespace hitless::ctl
