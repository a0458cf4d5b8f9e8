// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "help/help.h"

#include "help/guidewindow.h"
#include "help/shortcutsheet.h"
#include "help/vmmversions.h"

#include <KAboutApplicationDialog>
#include <KAboutData>
#include <KLocalizedString>

#include <QAction>
#include <QApplication>
#include <QFileInfo>

namespace cutover::ui {

using namespace Qt::StringLiterals;

Help::Help(const Actions& actions, QWidget* window)
    : QObject(window)
    , m_actions(actions)
    , m_window(window)
{
}

Help::~Help() = default;

GuideWindow* Help::guideWindow() const
{
    return m_guide;
}

void Help::addActions(Actions& actions)
{
    const QString group = i18n("Help");
    const auto add = [&](const QString& id, const QString& text, const QString& icon,
                         const QKeySequence& keys, const QString& tip, void (Help::*slot)()) {
        QAction* action = actions.add(group, id, text, icon, keys, m_window);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, slot);
    };
    add(u"help_context"_s, i18n("Help on This Part"), u"help-contextual"_s, Qt::Key_F1,
        i18n("Opens the guide at the page of the part that has the focus"), &Help::showContextHelp);
    QAction* guide = actions.add(
        group, u"help_guide"_s, i18n("User Guide"), u"help-contents"_s, Qt::SHIFT | Qt::Key_F1, m_window);
    guide->setToolTip(i18n("Opens the guide at its contents"));
    connect(guide, &QAction::triggered, this, [this] { showGuide(u"index"_s); });
    add(u"help_shortcuts"_s, i18n("Keyboard Shortcuts"), u"input-keyboard"_s, Qt::CTRL | Qt::Key_Slash,
        i18n("All actions and their keys, to be searched and printed"), &Help::showShortcuts);
    add(u"help_edit_shortcuts"_s, i18n("Change Shortcuts…"), u"configure-shortcuts"_s,
        Qt::CTRL | Qt::SHIFT | Qt::Key_Slash, i18n("Gives actions other keys"), &Help::editShortcuts);
    add(u"help_about"_s, i18n("About Cutover"), u"help-about"_s, Qt::CTRL | Qt::Key_F1,
        i18n("The versions of Cutover, its libraries and the VMMs that are installed"), &Help::showAbout);
}

void Help::loadShortcuts()
{
    m_shortcuts = new Shortcuts(m_actions, this);
    connect(m_shortcuts, &Shortcuts::changed, this, [this] {
        if (m_sheet)
            m_sheet->refresh();
    });
}

void Help::showGuide(const QString& page)
{
    if (!m_guide) {
        m_guide = new GuideWindow(m_window);
        connect(m_guide, &GuideWindow::actionRequested, this, &Help::trigger);
    }
    m_guide->showPage(page);
    m_guide->show();
    m_guide->raise();
    m_guide->activateWindow();
}

void Help::showContextHelp()
{
    showGuide(guidePageFor(m_window->focusWidget()));
}

void Help::showShortcuts()
{
    if (!m_sheet) {
        m_sheet = new ShortcutSheet(m_actions, m_window);
        connect(m_sheet, &ShortcutSheet::editRequested, this, &Help::editShortcuts);
    }
    m_sheet->show();
    m_sheet->raise();
    m_sheet->activateWindow();
}

void Help::editShortcuts()
{
    m_shortcuts->edit(m_window);
}

void Help::trigger(const QString& actionId)
{
    QAction* action = m_actions.find(actionId);
    if (!action) {
        m_guide->say(i18n("This window has no such action."));
    } else if (!action->isEnabled()) {
        m_guide->say(i18nc("an action, why it is disabled", "“%1” is not possible now. %2",
            KLocalizedString::removeAcceleratorMarker(action->text()), action->toolTip()));
    } else {
        m_guide->say({});
        m_window->activateWindow();
        action->trigger();
    }
}

void Help::showAbout()
{
    auto* versions = new VmmVersions(vmmPrograms(), this);
    connect(versions, &VmmVersions::found, this, [this](const QList<VmmProgram>& programs) {
        KAboutData about = KAboutData::applicationData();
        for (const VmmProgram& program : programs)
            about.addComponent(QFileInfo(program.path).fileName(), program.path, program.version);
        auto* dialog = new KAboutApplicationDialog(about, m_window);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    });
}

} // namespace cutover::ui
