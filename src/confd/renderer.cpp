#include "hitless/confd/renderer.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

#include "confd/functions.hpp"
#include "confd/includes.hpp"

#include <algorithm>
#include <vector>

namespace hitless::confd {
namespace {

using gotemplate::Output;
using gotemplate::Piece;
using gotemplate::SourceId;

constexpr std::size_t most_hidden = 1'000;

Functions functions_over(const std::shared_ptr<KeyView>& view) {
    Functions functions;
    add_string_functions(functions);
    add_number_functions(functions);
    add_data_functions(functions);
    add_layout_functions(functions);
    add_regex_functions(functions);
    for (auto& [name, function] : functions)
        function.is_pure = true;
    // They change the list that they are given.
    for (const char* const name : {"reverse", "sortByLength", "sortKVByLength"})
        functions.at(name).is_pure = false;
    add_key_functions(functions, view);
    add_system_functions(functions, view);
    return functions;
}

/// The keys and directories that are to blame and that the template still sees.
std::vector<const Source*> sources_to_hide(const KeyView& view, const gotemplate::Trace& blame) {
    std::vector<const Source*> found;
    blame.for_each(0, [&](const Piece& piece) {
        const Source* const source = view.sources()->find(piece.source);
        const bool may_hide = source != nullptr && (source->kind == Source::Kind::key ||
                                                    source->kind == Source::Kind::directory);
        if (may_hide && !view.is_hidden(source->name))
            found.push_back(source);
    });
    // What a key was found by is only to blame where no key is.
    const auto is_key = [](const Source* one) { return one->kind == Source::Kind::key; };
    if (std::ranges::any_of(found, is_key))
        std::erase_if(found, [&](const Source* one) { return !is_key(one); });
    return found;
}

} // namespace

Functions functions(const keys::KeyTree* tree) {
    return functions_over(std::make_shared<KeyView>(tree));
}

Renderer::Renderer() : view_(std::make_shared<KeyView>(&tree_)) {}
Renderer::~Renderer() = default;

Result<std::unique_ptr<Renderer>> Renderer::load(const std::string& template_file) {
    auto text = base::read_file(template_file);
    if (!text)
        return text.error();
    return parse(template_file, std::move(*text));
}

Result<std::unique_ptr<Renderer>> Renderer::parse(const std::string& template_file,
                                                  std::string text) {
    std::unique_ptr<Renderer> renderer(new Renderer());
    renderer->text_ = std::move(text);
    renderer->name_ = base::base_name(template_file);
    renderer->includes_ = std::make_unique<Includes>(template_directory(template_file),
                                                     functions_over(renderer->view_));
    auto parsed = gotemplate::Template::parse(renderer->name_, renderer->text_,
                                              renderer->includes_->functions());
    if (!parsed)
        return parsed.error();
    renderer->template_ = std::make_unique<gotemplate::Template>(std::move(*parsed));
    return renderer;
}

void Renderer::answer_look_ups_by(AnswerNow answers) {
    view_->answer_by(std::move(answers));
}

const std::set<Question>& Renderer::questions() const {
    return view_->questions();
}

bool Renderer::lacks_answers() const {
    return view_->lacks_answers();
}

const Sources& Renderer::sources() const {
    return *view_->sources();
}

bool Renderer::hide(const std::string& key, gotemplate::Trouble trouble) {
    if (hidden_.size() >= most_hidden || view_->is_hidden(key))
        return false;
    view_->hide(key);
    return hidden_.emplace(key, std::move(trouble)).second;
}

void Renderer::show(const std::string& key) {
    view_->show(key);
    hidden_.erase(key);
}

Rendering Renderer::render(const gotemplate::Execution& execution) {
    view_->show_all();
    view_->forget_questions();
    hidden_.clear();
    return render_without_hidden(execution);
}

Rendering Renderer::render_without_hidden(const gotemplate::Execution& execution) {
    constexpr int most_rounds = 20;
    view_->renew_sources();
    Output output = template_->execute({}, execution);
    const auto first = output.failure;
    std::vector<std::string> newly_hidden;
    for (int round = 0; round < most_rounds && output.failure && execution.leaves_out &&
                        !output.failure->of_all && !lacks_answers();
         ++round) {
        const auto sources = sources_to_hide(*view_, output.failure->blame);
        const std::size_t before = newly_hidden.size();
        for (const Source* const source : sources) {
            if (hide(source->name, *output.failure))
                newly_hidden.push_back(source->name);
        }
        if (newly_hidden.size() == before)
            break;
        output = template_->execute({}, execution);
    }
    if (output.failure) { // the template can't do without them
        output.failure = first;
        for (const std::string& key : newly_hidden) {
            show(key);
        }
    }
    Rendering rendering{std::move(output), view_->sources(), {}};
    for (const auto& [key, trouble] : hidden_)
        rendering.hidden.push_back({key, trouble});
    return rendering;
}

} // namespace hitless::confd
