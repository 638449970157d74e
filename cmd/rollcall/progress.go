package main

import (
	"log/slog"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/schedule/pipeline"
)

// watch shows the progress of so many runs until stop is called. It sets what o
// calls at each page.
func (a *app) watch(o *pipeline.Options, log *slog.Logger, runs int) (stop func()) {
	p := render.NewProgress(a.stderr, log, "source", runs)
	o.Watch = func(run pipeline.Progress) {
		p.Update(render.Task{
			Name: run.Source, Phase: string(run.Phase), Records: run.Records, Expected: run.Expected, Resumed: run.Resumed,
			Pages: run.Pages, Done: run.Phase == pipeline.Ended,
		})
	}
	return p.Start()
}
