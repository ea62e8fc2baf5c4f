#pragma once

#include "hitless/confd/look_up.hpp"
#include "hitless/confd/sources.hpp"
#include "hitless/keys/key_tree.hpp"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace hitless::confd {

/// What a template's functions see: the keys, with the numbers of their sources and without those
/// that are hidden; and the answers to look-ups.
class KeyView {
  public:
    /// The tree must outlive this; it may be missing as long as nothing is asked for.
    explicit KeyView(const keys::KeyTree* tree) : tree_(tree) {}

    [[nodiscard]] const keys::KeyTree& tree() const { return *tree_; }

    /// The value of a key, or nullptr when there is none or it is hidden.
    [[nodiscard]] const std::string* find(std::string_view key) const {
        return is_hidden(key) ? nullptr : tree_->find(key);
    }

    [[nodiscard]] gotemplate::SourceId number(Source::Kind kind, std::string_view name) {
        return sources_->number(kind, name);
    }
    [[nodiscard]] const std::shared_ptr<Sources>& sources() const { return sources_; }

    /// Begins new numbers when far more sources have been seen than there are keys: keys may come
    /// and go under ever new names.
    void renew_sources() {
        constexpr std::size_t few = 10'000;
        if (sources_->size() > few + 4 * tree_->size())
            sources_ = std::make_shared<Sources>();
    }

    /// Treats the key, or the directory's name, as if it weren't there.
    void hide(const std::string& path) { hidden_.insert(path); }
    void show(const std::string& path) { hidden_.erase(path); }
    void show_all() { hidden_.clear(); }
    [[nodiscard]] bool hides() const { return !hidden_.empty(); }
    [[nodiscard]] bool is_hidden(std::string_view key) const {
        return !hidden_.empty() && hidden_.contains(key);
    }

    /// Who knows the answers to look-ups. Without that, each is asked for and waited for.
    void answer_by(AnswerNow answers) { answers_ = std::move(answers); }

    /// The answer to a look-up; one without a result where it isn't known yet.
    [[nodiscard]] Answer look_up(const Question& question) {
        if (!answers_)
            return confd::look_up(question);
        questions_.insert(question);
        const Answer* const answer = answers_(question);
        lacks_answers_ = lacks_answers_ || answer == nullptr;
        return answer == nullptr ? Answer() : *answer;
    }

    /// What was asked since forget_questions(), and whether an answer wasn't known.
    [[nodiscard]] const std::set<Question>& questions() const { return questions_; }
    [[nodiscard]] bool lacks_answers() const { return lacks_answers_; }
    void forget_questions() {
        questions_.clear();
        lacks_answers_ = false;
    }

  private:
    const keys::KeyTree* tree_;
    AnswerNow answers_;
    std::set<Question> questions_;
    bool lacks_answers_ = false;
    std::shared_ptr<Sources> sources_ = std::make_shared<Sources>();
    std::set<std::string, std::less<>> hidden_;
};

} // namespace hitless::confd
