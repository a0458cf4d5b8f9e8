// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "models/vmmmodel.h"
#include "operator/session.h"
#include "start/vmmwatch.h"

#include <QWidget>

class QLabel;
class QLineEdit;

namespace cutover::ui {

class ProgramVersions;
class TablePanel;

/// Which VMM has the guest: one of the running ones, or a socket or a process number that is typed or
/// dropped. Looks for VMMs only while it is shown.
class SourceChooser : public QWidget
{
    Q_OBJECT
public:
    /// \a versions is borrowed.
    SourceChooser(VmmWatch::Source discover, ProgramVersions* versions, QWidget* parent = nullptr);

    /// InvalidArgument with what to do first.
    Result<op::SourceSpec> source() const;
    void setSource(const op::SourceSpec& source);
    /// The running VMM that source() means, or nullptr.
    const op::DiscoveredVmm* vmm() const;
    void look() { m_watch.look(); }
    /// To the list if there is something to choose, to the field otherwise.
    void takeFocus(Qt::FocusReason reason);

Q_SIGNALS:
    void changed();
    /// Enter or a double click: the choice is made.
    void accepted();
    /// A VMM was chosen that waits to be a destination.
    void destinationChosen(const cutover::op::DestinationSpec& destination);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void setVmms(const QList<op::DiscoveredVmm>& vmms);
    void updateRows(const QList<op::DiscoveredVmm>& vmms);
    void chooseFirst();
    void choose(const op::DiscoveredVmm& vmm);
    const op::DiscoveredVmm* selected() const;
    void updateHint();

    VmmWatch m_watch;
    ProgramVersions* m_versions;
    VmmModel m_vmms;
    TablePanel* m_table;
    QLineEdit* m_path;
    QLabel* m_hint;
    bool m_first = true; ///< nothing was listed or chosen yet
    bool m_updating = false;
};

/// "PATH", "qmp:PATH", "N" or "pid:N".
Result<op::SourceSpec> sourceFromText(const QString& text);

} // namespace cutover::ui
