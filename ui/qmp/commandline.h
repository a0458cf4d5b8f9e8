// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/commandtext.h"
#include "qmp/schemastore.h"

#include <QWidget>

#include <optional>

class KMessageWidget;
class KSqueezedTextLabel;
class QAction;
class QComboBox;
class QPushButton;

namespace cutover::ui {

class Actions;
class CommandEdit;
class SessionModel;

/// The operator's own way to a VMM: which side, the command, help for it, and in its place whatever speaks
/// against sending it.
class CommandLine : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit CommandLine(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    CommandEdit* edit() { return m_edit; }
    QComboBox* sideBox() { return m_side; }
    Side side() const;
    void setSide(Side side);
    /// Sends what is typed, if nothing speaks against it.
    void send();
    /// Sends what was held back.
    void sendAnyway();

Q_SIGNALS:
    /// \a event of the record is the command.
    void sent(std::size_t event);
    void wanted();

private:
    struct Held
    {
        Side side = Side::Source;
        QString text; ///< as it was typed
        QJsonObject command;
    };

    void takeSchema();
    void takeText();
    void updateSides();
    void showHelp();
    void showProblem();
    void hold(const QString& what, const QString& why, const Held& held);
    void release();
    void deliver(const Held& held, bool confirmed);
    Result<void> canSend() const;

    SessionModel* m_session;
    SchemaStore m_schemas;
    QComboBox* m_side;
    CommandEdit* m_edit;
    QPushButton* m_send;
    KSqueezedTextLabel* m_help;
    KMessageWidget* m_message;
    QAction* m_sendAnyway;
    QAction* m_historyAction = nullptr;
    CommandText m_text;
    std::optional<Held> m_held; ///< waits for a confirmation
};

} // namespace cutover::ui
