#pragma once

#include "hitless/base/result.hpp"
#include "hitless/confd/look_up.hpp"
#include "hitless/confd/sources.hpp"
#include "hitless/gotemplate/template.hpp"
#include "hitless/keys/key_tree.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace hitless::confd {

class Includes;
class KeyView;

/// confd's template functions. Those over the keys read `*tree` whenever they are called; it must
/// outlive the result.
gotemplate::Functions functions(const keys::KeyTree* tree);

/// A key that was treated as if it were not there, and why.
struct HiddenKey {
    std::string key;
    gotemplate::Trouble trouble;
};

/// What a template makes of the keys, and where each piece of it comes from.
struct Rendering {
    gotemplate::Output output;
    std::shared_ptr<const Sources> sources; ///< that the pieces' numbers mean
    std::vector<HiddenKey> hidden;
};

/// A template file, parsed once, and the keys it is rendered from. Not movable: the template's
/// functions hold the address of the tree.
class Renderer {
  public:
    /// Reads and parses the template file.
    static Result<std::unique_ptr<Renderer>> load(const std::string& template_file);
    /// The same with this as the text of that file.
    static Result<std::unique_ptr<Renderer>> parse(const std::string& template_file,
                                                   std::string text);
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;
    ~Renderer();

    /// The keys as the template sees them: without the prefix.
    [[nodiscard]] keys::KeyTree& tree() { return tree_; }
    [[nodiscard]] const keys::KeyTree& tree() const { return tree_; }

    /// The file's base name.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// The template itself.
    [[nodiscard]] const std::string& text() const { return text_; }

    /// The functions that look names up take the answers from there, so that rendering waits for
    /// none. Otherwise each look-up is waited for.
    void answer_look_ups_by(AnswerNow answers);
    /// What the last render(execution), and those without hidden keys since, have asked there.
    [[nodiscard]] const std::set<Question>& questions() const;
    /// An answer among them wasn't known: what was rendered is of no use.
    [[nodiscard]] bool lacks_answers() const;

    /// What the numbers of sources mean now.
    [[nodiscard]] const Sources& sources() const;

    /// The output for the keys of now, as confd has it.
    [[nodiscard]] Result<std::string> render() const { return template_->execute(); }

    /// The output for the keys of now, whatever was hidden before. Where elements are left out, a
    /// key that would spoil more than an element is hidden: treated as if it were not there, if the
    /// template can do without it.
    [[nodiscard]] Rendering render(const gotemplate::Execution& execution);
    /// The same, without the keys that are hidden already.
    [[nodiscard]] Rendering render_without_hidden(const gotemplate::Execution& execution);

    /// Hides the key until the next render(). False when it is hidden already, or too many are.
    bool hide(const std::string& key, gotemplate::Trouble trouble);
    /// Takes that back.
    void show(const std::string& key);

    /// The number of the line at a place in the template's text, from 1.
    [[nodiscard]] int line_of(std::uint32_t place) const { return template_->line_of(place); }

  private:
    Renderer();

    std::string name_;
    std::string text_;
    keys::KeyTree tree_;
    std::shared_ptr<KeyView> view_;
    std::unique_ptr<Includes> includes_;
    std::unique_ptr<gotemplate::Template> template_;
    std::map<std::string, gotemplate::Trouble> hidden_; ///< by key
};

} // namespace hitless::confd
